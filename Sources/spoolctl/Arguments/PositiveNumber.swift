import ArgumentParser

/// The number of a message, batch or key on the command line.
struct PositiveNumber: ExpressibleByArgument, Equatable {
    let value: Int64

    init?(argument: String) {
        guard let value = Int64(argument), value > 0 else { return nil }
        self.value = value
    }
}
