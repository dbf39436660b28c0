import CryptoPrimitives
import SignalProtocol

/// A receiver with one running session and open pre-keys, before messages that a stranger may have made or altered.
/// Nobody but the other side can make a message that decrypts, and a refused one changes nothing.
struct SignalTarget: Sendable {
    private let receiver: InMemorySignalStore
    private let message: CiphertextMessage
    private let preKeyMessage: CiphertextMessage

    private static let address = ProtocolAddress(name: "15550001111", deviceID: 0)
    private static let text: [UInt8] = Array("hello".utf8)

    // The parts are our own and fixed: when they do not fit together there is nothing to fuzz.
    static let shared = (try? SignalTarget())!

    private init() throws {
        var generator = FixedGenerator()
        let cipher = SessionCipher()
        var sender = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
        var receiver = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
        let signed = try SignedPreKey(
            id: 1, signedBy: receiver.localIdentity.identityKeyPair, using: &generator)
        receiver.signedPreKeys[1] = signed
        for id in UInt32(7)...8 { receiver.preKeys[id] = try PreKey(id: id, using: &generator) }
        let bundle = PreKeyBundle(of: receiver.localIdentity, signedPreKey: signed, preKey: receiver.preKeys[7])
        let peer = ProtocolAddress(name: "15550002222", deviceID: 0)
        try cipher.startSession(with: bundle, for: peer, in: &sender, using: &generator)
        self.preKeyMessage = try cipher.encrypt(Self.text, for: peer, in: &sender)
        let before = receiver
        let opening = try PreKeySignalMessage(serialized: self.preKeyMessage.serialized)
        _ = try cipher.decrypt(opening, from: Self.address, in: &receiver, using: &generator)
        let answer = try SignalMessage(
            serialized: cipher.encrypt(Self.text, for: Self.address, in: &receiver).serialized)
        _ = try cipher.decrypt(answer, from: peer, in: &sender, using: &generator)
        self.message = try cipher.encrypt(Self.text, for: peer, in: &sender)
        receiver.preKeys = before.preKeys
        self.receiver = receiver
    }

    /// One message of each kind that is accepted, for the corpora.
    var accepted: (message: [UInt8], preKeyMessage: [UInt8]) {
        (self.message.serialized, self.preKeyMessage.serialized)
    }

    func runMessage(_ bytes: [UInt8]) {
        guard let message = try? SignalMessage(serialized: bytes) else { return }
        self.check { store, generator in
            try SessionCipher().decrypt(message, from: Self.address, in: &store, using: &generator)
        }
    }

    func runPreKeyMessage(_ bytes: [UInt8]) {
        guard let message = try? PreKeySignalMessage(serialized: bytes) else { return }
        self.check { store, generator in
            try SessionCipher().decrypt(message, from: Self.address, in: &store, using: &generator)
        }
        // A new contact: the session has to be built from the message alone.
        self.check(withoutSession: true) { store, generator in
            try SessionCipher().decrypt(message, from: Self.address, in: &store, using: &generator)
        }
    }

    private func check(
        withoutSession: Bool = false,
        _ decrypt: (inout InMemorySignalStore, inout FixedGenerator) throws -> Decryption
    ) {
        var store = self.receiver
        if withoutSession {
            store.sessions = [:]
            store.identities = [:]
        }
        var generator = FixedGenerator()
        let before = Self.state(of: store)
        do {
            // A stranger can open a session of their own, but then it is not this sender's identity.
            let decryption = try decrypt(&store, &generator)
            precondition(decryption.plaintext == Self.text || store.identities != self.receiver.identities)
        } catch {
            precondition(Self.state(of: store) == before, "a refused message changed the store")
        }
    }

    private static func state(of store: InMemorySignalStore) -> [[UInt8]] {
        store.sessions.values.map { (try? $0.serialized()) ?? [] } + [store.preKeys.keys.sorted().map { UInt8($0) }]
    }
}
