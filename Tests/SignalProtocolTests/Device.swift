import CryptoPrimitives
import SpoolTestSupport

@testable import SignalProtocol

/// One installation in a test: its keys, its store and the pre-keys it has handed out.
struct Device {
    let address: ProtocolAddress
    let signedPreKey: SignedPreKey
    let cipher: SessionCipher
    var store: InMemorySignalStore
    var nextPreKeyID: UInt32 = 1

    var identityKey: IdentityKey { self.store.localIdentity.identityKey }

    init(
        _ name: String, signedPreKeyID: UInt32 = 1, trust: SessionCipher.IdentityTrust = .acceptingChanges,
        using generator: inout some RandomNumberGenerator
    ) throws {
        let local = try LocalIdentity(using: &generator)
        self.address = ProtocolAddress(name: name, deviceID: 1)
        self.signedPreKey = try SignedPreKey(
            id: signedPreKeyID, signedBy: local.identityKeyPair, using: &generator)
        self.cipher = SessionCipher(trust: trust)
        self.store = InMemorySignalStore(localIdentity: local)
        self.store.signedPreKeys[signedPreKeyID] = self.signedPreKey
    }

    /// What the server would hand out now.
    mutating func bundle(
        withPreKey: Bool = true, using generator: inout some RandomNumberGenerator
    ) throws -> PreKeyBundle {
        var preKey: PreKey?
        if withPreKey {
            let key = try PreKey(id: self.nextPreKeyID, using: &generator)
            self.store.preKeys[key.id] = key
            self.nextPreKeyID = PreKey.id(after: key.id)
            preKey = key
        }
        return PreKeyBundle(of: self.store.localIdentity, signedPreKey: self.signedPreKey, preKey: preKey)
    }

    mutating func startSession(
        with peer: inout Device, withPreKey: Bool = true, using generator: inout some RandomNumberGenerator
    ) throws {
        let bundle = try peer.bundle(withPreKey: withPreKey, using: &generator)
        try self.cipher.startSession(with: bundle, for: peer.address, in: &self.store, using: &generator)
    }

    mutating func encrypt(_ plaintext: [UInt8], for peer: Device) throws -> CiphertextMessage {
        try self.cipher.encrypt(plaintext, for: peer.address, in: &self.store)
    }

    @discardableResult
    mutating func decrypt(
        _ message: CiphertextMessage, from peer: ProtocolAddress, using generator: inout some RandomNumberGenerator
    ) throws -> Decryption {
        switch message.kind {
        case .signalMessage:
            let message = try SignalMessage(serialized: message.serialized)
            return try self.cipher.decrypt(message, from: peer, in: &self.store, using: &generator)
        case .preKeySignalMessage:
            let message = try PreKeySignalMessage(serialized: message.serialized)
            return try self.cipher.decrypt(message, from: peer, in: &self.store, using: &generator)
        }
    }

    func record(for peer: Device) -> SessionRecord? {
        self.store.sessions[peer.address]
    }
}

/// Two devices and the generator that made them.
struct Pair {
    var generator: SeededGenerator
    var alice: Device
    var bob: Device

    init(seed: UInt64, bobTrusts trust: SessionCipher.IdentityTrust = .acceptingChanges) throws {
        self.generator = SeededGenerator(seed: seed)
        self.alice = try Device("alice", using: &self.generator)
        self.bob = try Device("bob", trust: trust, using: &self.generator)
    }

    /// A pair that has exchanged a message each way.
    static func talking(seed: UInt64) throws -> Pair {
        var pair = try Pair(seed: seed)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        try pair.toBob(try pair.fromAlice([1]))
        try pair.toAlice(try pair.fromBob([2]))
        return pair
    }

    mutating func fromAlice(_ plaintext: [UInt8]) throws -> CiphertextMessage {
        try self.alice.encrypt(plaintext, for: self.bob)
    }

    mutating func fromBob(_ plaintext: [UInt8]) throws -> CiphertextMessage {
        try self.bob.encrypt(plaintext, for: self.alice)
    }

    @discardableResult
    mutating func toAlice(_ message: CiphertextMessage) throws -> Decryption {
        try self.alice.decrypt(message, from: self.bob.address, using: &self.generator)
    }

    @discardableResult
    mutating func toBob(_ message: CiphertextMessage) throws -> Decryption {
        try self.bob.decrypt(message, from: self.alice.address, using: &self.generator)
    }
}
