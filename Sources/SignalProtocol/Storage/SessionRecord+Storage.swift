import CryptoPrimitives
import Foundation

extension SessionRecord {
    /// The record as bytes, with its keys in the open: they belong in a file nobody else can read.
    public func serialized() throws(SignalError) -> [UInt8] {
        var stored = StoredSessionRecord()
        stored.format = storageFormat
        stored.current = StoredSessionState(self.current)
        stored.archived = self.archived.map { StoredSessionState($0) }
        return try stored.recordBytes()
    }

    /// - Throws: `invalidRecord` for anything that `serialized` does not make.
    public init(serialized bytes: [UInt8]) throws(SignalError) {
        let stored = try StoredSessionRecord(recordBytes: bytes)
        guard stored.format == storageFormat else { throw .invalidRecord(part: "format") }
        guard stored.archived.count <= Self.archiveLimit else { throw .invalidRecord(part: "archive") }
        var archived: [SessionState] = []
        for state in stored.archived { archived.append(try SessionState(state)) }
        self.init(current: try SessionState(stored.current), archived: archived)
    }
}

extension StoredSessionState {
    fileprivate init(_ state: SessionState) {
        self.init()
        self.localIdentity = Data(state.localIdentity.publicKey.bytes)
        self.remoteIdentity = Data(state.remoteIdentity.publicKey.bytes)
        self.localRegistrationID = state.localRegistrationID
        self.remoteRegistrationID = state.remoteRegistrationID
        self.baseKey = Data(state.baseKey.bytes)
        self.rootKey = Data(state.rootKey.key)
        self.ratchetPrivate = Data(state.ratchetKeyPair.privateKey.scalar)
        self.ratchetPublic = Data(state.ratchetKeyPair.publicKey.bytes)
        self.sendingChainKey = Data(state.sendingChainKey.key)
        self.sendingIndex = state.sendingChainKey.index
        self.previousCounter = state.previousCounter
        self.receiverChains = state.receiverChains.map { StoredReceiverChain($0) }
        if let pending = state.pendingPreKey {
            self.pendingPreKey.preKeyID = pending.preKeyID ?? 0
            self.pendingPreKey.signedPreKeyID = pending.signedPreKeyID
        }
    }
}

extension StoredReceiverChain {
    fileprivate init(_ chain: ReceiverChain) {
        self.init()
        self.ratchetKey = Data(chain.ratchetKey.bytes)
        self.chainKey = Data(chain.chainKey.key)
        self.index = chain.chainKey.index
        self.skipped = chain.skippedKeys.stored
    }
}

extension SessionState {
    fileprivate init(_ stored: StoredSessionState) throws(SignalError) {
        guard stored.receiverChains.count <= Self.receiverChainLimit else {
            throw .invalidRecord(part: "receiver chains")
        }
        var receiverChains: [ReceiverChain] = []
        for chain in stored.receiverChains { receiverChains.append(try ReceiverChain(chain)) }
        self.init(
            localIdentity: IdentityKey(try stored.localIdentity.publicKey("local identity")),
            remoteIdentity: IdentityKey(try stored.remoteIdentity.publicKey("remote identity")),
            localRegistrationID: stored.localRegistrationID, remoteRegistrationID: stored.remoteRegistrationID,
            baseKey: try stored.baseKey.publicKey("base key"),
            rootKey: RootKey(key: try stored.rootKey.secret("root key")),
            ratchetKeyPair: KeyPair(
                privateKey: try stored.ratchetPrivate.privateKey("ratchet key"),
                publicKey: try stored.ratchetPublic.publicKey("ratchet key")),
            sendingChainKey: try stored.sendingChainKey.chainKey(index: stored.sendingIndex),
            previousCounter: stored.previousCounter, receiverChains: receiverChains,
            pendingPreKey: stored.hasPendingPreKey ? PendingPreKey(stored.pendingPreKey) : nil)
    }
}

extension ReceiverChain {
    fileprivate init(_ stored: StoredReceiverChain) throws(SignalError) {
        self.init(
            ratchetKey: try stored.ratchetKey.publicKey("their ratchet key"),
            chainKey: try stored.chainKey.chainKey(index: stored.index),
            skippedKeys: try SkippedKeys(stored: stored.skipped, chainIndex: stored.index))
    }
}

extension PendingPreKey {
    fileprivate init(_ stored: StoredPendingPreKey) {
        self.init(
            preKeyID: stored.preKeyID == 0 ? nil : stored.preKeyID, signedPreKeyID: stored.signedPreKeyID)
    }
}
