/// A store that lives in memory; a copy of it is a transaction that can be thrown away.
public struct InMemorySignalStore: SignalStore, Sendable {
    public var localIdentity: LocalIdentity
    public var sessions: [ProtocolAddress: SessionRecord] = [:]
    public var identities: [ProtocolAddress: IdentityKey] = [:]
    public var preKeys: [UInt32: PreKey] = [:]
    public var signedPreKeys: [UInt32: SignedPreKey] = [:]
    public var senderKeys: [SenderKeyName: SenderKeyRecord] = [:]

    public init(localIdentity: LocalIdentity) {
        self.localIdentity = localIdentity
    }

    public func loadSessions(for addresses: [ProtocolAddress]) -> [ProtocolAddress: SessionRecord] {
        Self.select(addresses, from: self.sessions)
    }

    public func loadLocalIdentity() -> LocalIdentity {
        self.localIdentity
    }

    public func loadIdentities(for addresses: [ProtocolAddress]) -> [ProtocolAddress: IdentityKey] {
        Self.select(addresses, from: self.identities)
    }

    public func loadPreKey(_ id: UInt32) -> PreKey? {
        self.preKeys[id]
    }

    public func loadSignedPreKey(_ id: UInt32) -> SignedPreKey? {
        self.signedPreKeys[id]
    }

    public func loadSenderKey(for name: SenderKeyName) -> SenderKeyRecord? {
        self.senderKeys[name]
    }

    public mutating func commit(_ changes: SignalChanges) {
        self.sessions.merge(changes.sessions) { $1 }
        self.identities.merge(changes.identities) { $1 }
        if let id = changes.consumedPreKeyID { self.preKeys[id] = nil }
        self.senderKeys.merge(changes.senderKeys) { $1 }
    }

    private static func select<Value>(
        _ addresses: [ProtocolAddress], from values: [ProtocolAddress: Value]
    ) -> [ProtocolAddress: Value] {
        var selection: [ProtocolAddress: Value] = [:]
        for address in addresses { selection[address] = values[address] }
        return selection
    }
}
