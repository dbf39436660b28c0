public import SpoolCore

/// What the control socket asks of the linked devices.
///
/// Refusals are thrown as `DeviceAdministrationError`; anything else is a fault of this machine.
public protocol DeviceActions: Sendable {
    /// Links a device under a new name, or links one anew that is unlinked; returns when it is linked. Cancelling gives up.
    /// - Parameters:
    ///   - phone: digits, with the country's; `nil` for linking by QR code only.
    ///   - onStep: what to show, in order.
    func link(
        _ device: DeviceID, phone: String?, onStep: @escaping @Sendable (LinkingStep) async -> Void
    ) async throws -> TransportDevice

    /// Waits until a device that was just linked is online; `nil` when that takes too long.
    func connection(of device: DeviceID) async -> TransportDevice?

    /// Gives a device another name, and all its messages with it.
    func rename(_ device: DeviceID, to name: DeviceID) async throws

    /// Unlinks a device and forgets it; messages that only it could send fail.
    func remove(_ device: DeviceID) async throws -> DeviceRemoval
}

/// What the removal of a device came to.
public struct DeviceRemoval: Equatable, Sendable {
    /// Whether the service unlinked it; if not, its owner has to remove it on the phone.
    public var isUnlinked: Bool
    /// How many messages failed because only this device could send them.
    public var failed: Int

    public init(isUnlinked: Bool, failed: Int) {
        self.isUnlinked = isUnlinked
        self.failed = failed
    }
}
