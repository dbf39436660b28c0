/// Whose sender key, in which group: what sender keys are stored under.
public struct SenderKeyName: Hashable, Sendable {
    public let groupID: String
    public let sender: ProtocolAddress

    public init(groupID: String, sender: ProtocolAddress) {
        self.groupID = groupID
        self.sender = sender
    }
}
