public import SpoolCore
public import SpoolQueue

/// What the control socket asks of the running daemon; everything else it reads from the queue itself.
public protocol ControlActions: Sendable {
    /// Cancels what is still pending of the selection.
    func cancel(_ selection: MessageSelection) async throws -> Cancellation

    /// The daemon's state as `spoolctl status` shows it: an object with its envelope, answered as it is.
    func status() async throws -> JSONValue
}
