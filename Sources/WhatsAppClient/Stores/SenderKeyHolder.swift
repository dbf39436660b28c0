public import SignalProtocol

/// A device that was given our sender key of a group.
public struct SenderKeyHolder: Hashable, Sendable {
    public var device: ProtocolAddress
    /// Under which it was given the key. The same address with another one is another installation, perhaps somebody
    /// else's.
    public var identity: IdentityKey
    public var keyID: UInt32
    /// Whether the server has taken a message that brings the key; without that the device may have it or not.
    public var isConfirmed: Bool

    public init(device: ProtocolAddress, identity: IdentityKey, keyID: UInt32, isConfirmed: Bool) {
        self.device = device
        self.identity = identity
        self.keyID = keyID
        self.isConfirmed = isConfirmed
    }
}
