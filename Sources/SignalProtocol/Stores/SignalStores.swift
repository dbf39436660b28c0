/// Where sessions are kept. The store protocols are synchronous: what conforms to them is a transaction in progress, or
/// memory.
public protocol SessionStore {
    /// The records of those addresses that have one.
    func loadSessions(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: SessionRecord]
}

/// Where our identity and those of others are kept.
public protocol IdentityKeyStore {
    func loadLocalIdentity() throws -> LocalIdentity
    /// The identities of those addresses that have one.
    func loadIdentities(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: IdentityKey]
}

/// Where our one-time pre-keys wait for their message.
public protocol PreKeyStore {
    func loadPreKey(_ id: UInt32) throws -> PreKey?
}

/// Where our signed pre-keys are kept.
public protocol SignedPreKeyStore {
    func loadSignedPreKey(_ id: UInt32) throws -> SignedPreKey?
}

/// Where sender keys are kept, our own and those of others.
public protocol SenderKeyStore {
    func loadSenderKey(for name: SenderKeyName) throws -> SenderKeyRecord?
}

/// All of them, and the one way to write.
public protocol SignalStore: SessionStore, IdentityKeyStore, PreKeyStore, SignedPreKeyStore, SenderKeyStore {
    /// Makes all of `changes`, or none. Until they are durable no ciphertext made with them may leave and no message
    /// read with them may be acknowledged, so a store that is part of a larger transaction is not done when this
    /// returns.
    mutating func commit(_ changes: SignalChanges) throws
}

/// What one act of a cipher changes in the store; it belongs in one transaction.
public struct SignalChanges: Sendable {
    /// The records that take the place of those stored.
    public var sessions: [ProtocolAddress: SessionRecord] = [:]
    /// The identities that take the place of those stored.
    public var identities: [ProtocolAddress: IdentityKey] = [:]
    /// A one-time pre-key that has opened its session and must open no other.
    public var consumedPreKeyID: UInt32?
    /// The records that take the place of those stored.
    public var senderKeys: [SenderKeyName: SenderKeyRecord] = [:]

    public init() {}
}
