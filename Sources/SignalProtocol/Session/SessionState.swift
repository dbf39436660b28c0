import CryptoPrimitives

/// One session with another device: the double ratchet of both sides' keys (Signal, "The Double Ratchet Algorithm").
///
/// Each message has its own keys, from a chain that belongs to the sender's ratchet key. The first message on a new
/// ratchet key of the other side opens a receiver chain for it and makes a new ratchet key of ours. A method that
/// throws leaves the state as it was.
struct SessionState: Sendable, Equatable {
    static let receiverChainLimit = 5

    let localIdentity: IdentityKey
    let remoteIdentity: IdentityKey
    let localRegistrationID: UInt32
    let remoteRegistrationID: UInt32
    /// The starting side's key made for this session; the same one means the same session.
    let baseKey: PublicKey

    var rootKey: RootKey
    /// Our ratchet key and the chain of the messages sent under it.
    var ratchetKeyPair: KeyPair
    var sendingChainKey: ChainKey
    /// The last counter of our chain before this one; 0 when nothing was sent on it.
    var previousCounter: UInt32
    /// Oldest first.
    var receiverChains: [ReceiverChain]
    /// What the other side needs to start the session; nil once it has answered, or when it was the one to start.
    var pendingPreKey: PendingPreKey?
}

/// The pre-keys of the other side that a session was started with.
struct PendingPreKey: Sendable, Equatable {
    let preKeyID: UInt32?
    let signedPreKeyID: UInt32
}

extension SessionState {
    /// The session of the side that has the other's bundle. Draws the base key, then the first ratchet key.
    init(
        startingWith bundle: PreKeyBundle, as local: LocalIdentity, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) {
        let baseKeyPair = try KeyPair.fresh(using: &generator)
        let ratchetKeyPair = try KeyPair.fresh(using: &generator)
        let secrets = try X3DH.initiate(
            identity: local.identityKeyPair, baseKey: baseKeyPair.privateKey, with: bundle)
        let theirRatchetKey = bundle.signedPreKey.publicKey
        let step = try secrets.root.step(ratchetKeyPair.privateKey, theirRatchetKey)
        self.init(
            localIdentity: local.identityKey, remoteIdentity: bundle.identityKey,
            localRegistrationID: local.registrationID, remoteRegistrationID: bundle.registrationID,
            baseKey: baseKeyPair.publicKey, rootKey: step.root, ratchetKeyPair: ratchetKeyPair,
            sendingChainKey: step.chain, previousCounter: 0,
            receiverChains: [ReceiverChain(ratchetKey: theirRatchetKey, chainKey: secrets.chain)],
            pendingPreKey: PendingPreKey(preKeyID: bundle.preKey?.id, signedPreKeyID: bundle.signedPreKey.id))
    }

    /// The session of the side whose pre-keys the message names, before it has decrypted the message inside.
    init(
        respondingTo message: PreKeySignalMessage, as local: LocalIdentity, with preKeys: ResponderPreKeys
    ) throws(SignalError) {
        let secrets = try X3DH.respond(
            identity: local.identityKeyPair, preKeys: preKeys, theirIdentity: message.identityKey,
            theirBaseKey: message.baseKey)
        self.init(
            localIdentity: local.identityKey, remoteIdentity: message.identityKey,
            localRegistrationID: local.registrationID, remoteRegistrationID: message.registrationID,
            baseKey: message.baseKey, rootKey: secrets.root, ratchetKeyPair: preKeys.signed.keyPair,
            sendingChainKey: secrets.chain, previousCounter: 0, receiverChains: [], pendingPreKey: nil)
    }

    mutating func encrypt(_ plaintext: [UInt8]) throws(SignalError) -> CiphertextMessage {
        let chainKey = self.sendingChainKey
        let next = try chainKey.next()
        let message = try SignalMessage.seal(
            plaintext, with: try MessageKeys(seed: try chainKey.seed()), ratchetKey: self.ratchetKeyPair.publicKey,
            counter: chainKey.index, previousCounter: self.previousCounter, from: self.localIdentity,
            to: self.remoteIdentity)
        guard let pending = self.pendingPreKey else {
            self.sendingChainKey = next
            return CiphertextMessage(kind: .signalMessage, serialized: message)
        }
        let wrapped = try PreKeySignalMessage.wrap(
            message, of: self.localIdentity, registrationID: self.localRegistrationID, baseKey: self.baseKey,
            pending: pending)
        self.sendingChainKey = next
        return CiphertextMessage(kind: .preKeySignalMessage, serialized: wrapped)
    }

    /// Draws a new ratchet key when the message is the first on a new one of the other side, and authentic.
    mutating func decrypt(
        _ message: SignalMessage, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        let known = self.receiverChains.lastIndex { $0.ratchetKey == message.ratchetKey }
        let plaintext =
            if let known {
                try self.receiverChains[known].open(message, from: self.remoteIdentity, to: self.localIdentity)
            } else {
                try self.decryptOnNewChain(message, using: &generator)
            }
        self.pendingPreKey = nil
        return plaintext
    }

    func hasReceiverChain(of message: SignalMessage) -> Bool {
        self.receiverChains.contains { $0.ratchetKey == message.ratchetKey }
    }

    var skippedKeyCount: Int { self.receiverChains.reduce(0) { $0 + $1.skippedKeys.entries.count } }

    /// Forgets keys of the oldest chains first, and says how many.
    @discardableResult
    mutating func removeSkippedKeys(atMost count: Int) -> Int {
        var removed = 0
        for index in self.receiverChains.indices where removed < count {
            removed += self.receiverChains[index].skippedKeys.removeOldest(count - removed)
        }
        return removed
    }

    private mutating func decryptOnNewChain(
        _ message: SignalMessage, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        let receiving = try self.rootKey.step(self.ratchetKeyPair.privateKey, message.ratchetKey)
        var chain = ReceiverChain(ratchetKey: message.ratchetKey, chainKey: receiving.chain)
        let plaintext = try chain.open(message, from: self.remoteIdentity, to: self.localIdentity)
        let ratchetKeyPair = try KeyPair.fresh(using: &generator)
        let sending = try receiving.root.step(ratchetKeyPair.privateKey, message.ratchetKey)
        self.receiverChains.append(chain)
        self.receiverChains.removeFirst(max(0, self.receiverChains.count - Self.receiverChainLimit))
        self.previousCounter = max(self.sendingChainKey.index, 1) - 1
        self.ratchetKeyPair = ratchetKeyPair
        self.rootKey = sending.root
        self.sendingChainKey = sending.chain
        return plaintext
    }
}
