import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct SessionCipherTests {
    @Test func `a message without a session is refused on both ways`() throws {
        var pair = try Pair.talking(seed: 10)
        let message = try pair.fromAlice([3])
        pair.bob.store.sessions = [:]
        #expect(throws: SignalError.noSession) { try pair.toBob(message) }
        #expect(throws: SignalError.noSession) { try pair.fromBob([4]) }
    }

    @Test func `the first message takes its one-time pre-key away and tells of the new identity`() throws {
        var pair = try Pair(seed: 11)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let first = try pair.fromAlice([1])
        let second = try pair.fromAlice([2])
        #expect(first.kind == .preKeySignalMessage && second.kind == .preKeySignalMessage)
        let decryption = try pair.toBob(first)
        #expect(decryption.plaintext == [1])
        #expect(decryption.identityChange == .new)
        #expect(decryption.changes.consumedPreKeyID == 1)
        #expect(decryption.changes.identities == [pair.alice.address: pair.alice.identityKey])
        #expect(decryption.changes.sessions[pair.alice.address] == pair.bob.record(for: pair.alice))
        #expect(pair.bob.store.preKeys.isEmpty)
        #expect(pair.bob.record(for: pair.alice)?.remoteRegistrationID == pair.alice.store.localIdentity.registrationID)

        let next = try pair.toBob(second)
        #expect(next.plaintext == [2])
        #expect(next.identityChange == .none && next.changes.consumedPreKeyID == nil)
        #expect(next.changes.identities.isEmpty)
    }

    @Test func `unknown pre-keys are named`() throws {
        var pair = try Pair(seed: 12)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let message = try pair.fromAlice([1])
        let preKeys = pair.bob.store.preKeys
        pair.bob.store.preKeys = [:]
        #expect(throws: SignalError.invalidPreKeyID(1)) { try pair.toBob(message) }
        pair.bob.store.preKeys = preKeys
        pair.bob.store.signedPreKeys = [:]
        #expect(throws: SignalError.invalidSignedPreKeyID(1)) { try pair.toBob(message) }
    }

    @Test func `a used pre-key starts no second session, even when the first is forgotten`() throws {
        var pair = try Pair(seed: 13)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let message = try pair.fromAlice([1])
        try pair.toBob(message)
        #expect(throws: SignalError.duplicateMessage(counter: 0, chainIndex: 1)) { try pair.toBob(message) }
        pair.bob.store.sessions = [:]
        #expect(throws: SignalError.invalidPreKeyID(1)) { try pair.toBob(message) }
    }

    @Test func `a first message that fails keeps its pre-key and leaves no trace`() throws {
        var pair = try Pair(seed: 14)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let good = try pair.fromAlice([1])
        var wire = try SignalPreKeyWireMessage(messageBytes: good.serialized[1...])
        wire.message[wire.message.count - 1] ^= 1
        let bad = CiphertextMessage(kind: good.kind, serialized: try wire.messageBytes())
        #expect(throws: SignalError.badMAC) { try pair.toBob(bad) }
        #expect(pair.bob.store.sessions.isEmpty && pair.bob.store.identities.isEmpty)
        #expect(pair.bob.store.preKeys.count == 1)
        #expect(try pair.toBob(good).plaintext == [1])
    }

    @Test func `an identity written over a running session's message changes nothing`() throws {
        var pair = try Pair(seed: 15)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        try pair.toBob(try pair.fromAlice([1]))
        let good = try pair.fromAlice([2])
        let mallory = try KeyPair(using: &pair.generator).publicKey
        var wire = try SignalPreKeyWireMessage(messageBytes: good.serialized[1...])
        wire.identityKey = .init(mallory.serialized)
        let before = pair.bob.record(for: pair.alice)
        for preKeyID in [1, 0] as [UInt32] {
            wire.preKeyID = preKeyID
            let bad = CiphertextMessage(kind: good.kind, serialized: try wire.messageBytes())
            let error = #expect(throws: SignalError.self) { try pair.toBob(bad) }
            #expect(error == (preKeyID == 1 ? .invalidPreKeyID(1) : .badMAC))
        }
        #expect(pair.bob.record(for: pair.alice) == before)
        #expect(pair.bob.store.identities == [pair.alice.address: pair.alice.identityKey])
        #expect(try pair.toBob(good).plaintext == [2])
    }

    @Test func `a new installation takes the place of the old one`() throws {
        var pair = try Pair.talking(seed: 16)
        let old = pair.alice
        pair.alice = try Device("alice", using: &pair.generator)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let decryption = try pair.toBob(try pair.fromAlice([5]))
        #expect(decryption.identityChange == .replaced(old.identityKey))
        #expect(pair.bob.store.identities == [pair.alice.address: pair.alice.identityKey])
        #expect(pair.bob.record(for: pair.alice)?.archivedCount == 0)
        #expect(try pair.toAlice(try pair.fromBob([6])).plaintext == [6])
    }

    @Test func `a bundle of a new installation does the same`() throws {
        var pair = try Pair.talking(seed: 17)
        let old = pair.bob.identityKey
        pair.bob = try Device("bob", using: &pair.generator)
        let bundle = try pair.bob.bundle(using: &pair.generator)
        let change = try pair.alice.cipher.startSession(
            with: bundle, for: pair.bob.address, in: &pair.alice.store, using: &pair.generator)
        #expect(change == .replaced(old))
        #expect(pair.alice.record(for: pair.bob)?.archivedCount == 0)
        #expect(try pair.toBob(try pair.fromAlice([7])).plaintext == [7])
    }

    @Test func `a cipher that refuses changes refuses another identity either way`() throws {
        var pair = try Pair(seed: 18, bobTrusts: .refusingChanges)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        try pair.toBob(try pair.fromAlice([1]))
        let before = pair.bob.store
        pair.alice = try Device("alice", using: &pair.generator)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let message = try pair.fromAlice([2])
        #expect(throws: SignalError.untrustedIdentity) { try pair.toBob(message) }
        #expect(throws: SignalError.untrustedIdentity) {
            try pair.bob.startSession(with: &pair.alice, using: &pair.generator)
        }
        #expect(pair.bob.store.identities == before.identities)
        #expect(pair.bob.store.sessions == before.sessions)
    }

    @Test func `a batch gives each address its result in order`() throws {
        var pair = try Pair.talking(seed: 19)
        var carol = try Device("carol", using: &pair.generator)
        try pair.alice.startSession(with: &carol, using: &pair.generator)
        let nobody = ProtocolAddress(name: "nobody", deviceID: 0)
        let bob = pair.bob.address
        let results = try pair.alice.cipher.encrypt(
            [(bob, [1]), (nobody, [2]), (carol.address, [3]), (bob, [4])], in: &pair.alice.store)
        #expect(results.count == 4)
        #expect(results[1] == .failure(.noSession))
        #expect(try pair.toBob(try results[0].get()).plaintext == [1])
        #expect(try carol.decrypt(results[2].get(), from: pair.alice.address, using: &pair.generator).plaintext == [3])
        #expect(try pair.toBob(try results[3].get()).plaintext == [4])
        #expect(pair.alice.store.sessions[nobody] == nil)
    }

    @Test func `one bad bundle of a batch does not stop the others`() throws {
        var pair = try Pair(seed: 20)
        var carol = try Device("carol", using: &pair.generator)
        let good = try carol.bundle(using: &pair.generator)
        let other = try pair.bob.bundle(using: &pair.generator)
        let bad = PreKeyBundle(
            registrationID: other.registrationID, identityKey: other.identityKey,
            signedPreKey: PreKeyBundle.SignedKey(
                id: 1, publicKey: other.signedPreKey.publicKey, signature: good.signedPreKey.signature),
            preKey: other.preKey)
        let results = try pair.alice.cipher.startSessions(
            with: [(pair.bob.address, bad), (carol.address, good)], in: &pair.alice.store, using: &pair.generator)
        #expect(results == [.failure(.badSignature), .success(.new)])
        #expect(Array(pair.alice.store.sessions.keys) == [carol.address])
        #expect(Array(pair.alice.store.identities.keys) == [carol.address])
    }

    @Test func `a store that fails to commit keeps the ciphertext in`() throws {
        struct Full: Error {}
        struct FullStore: SignalStore {
            var inner: InMemorySignalStore

            func loadSessions(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: SessionRecord] {
                self.inner.loadSessions(for: addresses)
            }
            func loadLocalIdentity() throws -> LocalIdentity { self.inner.localIdentity }
            func loadIdentities(for addresses: [ProtocolAddress]) throws -> [ProtocolAddress: IdentityKey] {
                self.inner.loadIdentities(for: addresses)
            }
            func loadPreKey(_ id: UInt32) throws -> PreKey? { self.inner.loadPreKey(id) }
            func loadSignedPreKey(_ id: UInt32) throws -> SignedPreKey? { self.inner.loadSignedPreKey(id) }
            func loadSenderKey(for name: SenderKeyName) throws -> SenderKeyRecord? { nil }
            mutating func commit(_ changes: SignalChanges) throws { throw Full() }
        }
        var pair = try Pair.talking(seed: 21)
        let message = try SignalMessage(serialized: pair.fromBob([9]).serialized)
        var store = FullStore(inner: pair.alice.store)
        #expect(throws: Full.self) {
            try pair.alice.cipher.encrypt([1], for: pair.bob.address, in: &store)
        }
        #expect(throws: Full.self) {
            try pair.alice.cipher.decrypt(message, from: pair.bob.address, in: &store, using: &pair.generator)
        }
    }
}
