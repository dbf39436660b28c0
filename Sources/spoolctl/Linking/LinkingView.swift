import SpoolCore

/// Shows the course of linking a device. That it failed is not its business, but the caller's.
protocol LinkingView: Sendable {
    /// - Parameter line: What the daemon said, of which `state` was read.
    func show(_ state: LinkingState, _ line: JSONValue) async throws(CommandFailure)

    /// Called each second.
    func secondPassed() async throws(CommandFailure)

    /// Leaves the terminal as it was; always the last call.
    func close() async
}
