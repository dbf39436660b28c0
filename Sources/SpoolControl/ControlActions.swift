public import SpoolCore
public import SpoolQueue

/// What the control socket asks of the running daemon; everything else it reads from the queue itself.
public protocol ControlActions: Sendable {
    /// Cancels what is still pending of the selection.
    func cancel(_ selection: MessageSelection) async throws -> Cancellation

    /// Lets a device begin nothing until it is resumed, over restarts too.
    /// - Throws: `DeviceAdministrationError.unknown`.
    func pause(_ device: DeviceID, reason: String?) async throws

    /// Lets a device go on; a person has taken note of what stopped it.
    /// - Throws: `DeviceAdministrationError.unknown`.
    func resume(_ device: DeviceID, reason: String?) async throws

    /// The daemon's state as `spoolctl status` shows it: an object with its envelope, answered as it is.
    func status() async throws -> JSONValue
}
