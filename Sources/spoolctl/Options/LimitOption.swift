import ArgumentParser

/// How much of a list is shown.
struct LimitOption: ParsableArguments {
    @Option(name: .customLong("limit"), help: ArgumentHelp("The most lines; 0 for all.", valueName: "count"))
    var count = 100

    func validate() throws {
        guard self.count >= 0 else { throw ValidationError("--limit must not be negative") }
    }

    /// `nil` for all.
    var maximum: Int? { self.count == 0 ? nil : self.count }
}
