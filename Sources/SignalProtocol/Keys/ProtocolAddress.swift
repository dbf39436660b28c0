/// One device of one user: the key sessions and identities are stored under. Never sent.
public struct ProtocolAddress: Hashable, Sendable {
    /// The user. A person's phone number and the same person's other names are different users here.
    public let name: String
    /// 0 is the phone.
    public let deviceID: UInt32

    public init(name: String, deviceID: UInt32) {
        self.name = name
        self.deviceID = deviceID
    }
}

extension ProtocolAddress: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe for logs: of the name, which may be a phone number, the last two characters.
    public var description: String { "…\(self.name.suffix(2)).\(self.deviceID)" }
    public var debugDescription: String { "\(self.name).\(self.deviceID)" }
}
