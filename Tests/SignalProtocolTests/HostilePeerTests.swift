import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

/// What a server or a peer could do with messages that are well formed.
@Suite struct HostilePeerTests {
    private static let bob = ProtocolAddress(name: "bob", deviceID: 0)
    private static let alice = ProtocolAddress(name: "alice", deviceID: 0)
    private let cipher = SessionCipher()

    private struct Pair {
        var generator: SeededGenerator
        var alice: InMemorySignalStore
        var bob: InMemorySignalStore

        /// Alice has Bob's bundle, without a one-time key.
        init(seed: UInt64) throws {
            var generator = SeededGenerator(seed: seed)
            self.alice = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
            self.bob = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
            self.bob.signedPreKeys[1] = try SignedPreKey(
                id: 1, signedBy: self.bob.localIdentity.identityKeyPair, using: &generator)
            self.generator = generator
        }

        /// A new session of Alice's.
        mutating func start(_ cipher: SessionCipher) throws {
            let signed = try #require(self.bob.signedPreKeys[1])
            let bundle = PreKeyBundle(of: self.bob.localIdentity, signedPreKey: signed, preKey: nil)
            try cipher.startSession(with: bundle, for: HostilePeerTests.bob, in: &self.alice, using: &self.generator)
        }

        mutating func deliver(_ message: CiphertextMessage, _ cipher: SessionCipher) throws -> Decryption {
            switch message.kind {
            case .signalMessage:
                try cipher.decrypt(
                    SignalMessage(serialized: message.serialized), from: HostilePeerTests.alice, in: &self.bob,
                    using: &self.generator)
            case .preKeySignalMessage:
                try cipher.decrypt(
                    PreKeySignalMessage(serialized: message.serialized), from: HostilePeerTests.alice, in: &self.bob,
                    using: &self.generator)
            }
        }
    }

    /// Points of small order, which change a key's bytes and no secret agreed with it; 0 stands for "top bit".
    @Test func `a base key in other bytes that agree the same secret does not open the message again`() throws {
        var pair = try Pair(seed: 41)
        try pair.start(self.cipher)
        let message = try self.cipher.encrypt(Array("pay".utf8), for: Self.bob, in: &pair.alice)
        _ = try pair.deliver(message, self.cipher)
        let key = try PreKeySignalMessage(serialized: message.serialized).baseKey
        var altered = message.serialized
        let place = try #require(altered.firstRange(of: key.bytes)?.last)
        altered[place] |= 0x80
        #expect(throws: SignalError.invalidKey) { try PreKeySignalMessage(serialized: altered) }
    }

    @Test func `a proper key is one encoding of a point that a private key can give`() throws {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<20 {
            let key = try KeyPair(using: &generator).publicKey
            #expect(try key.isProper())
            var topBit = key.bytes
            topBit[31] |= 0x80
            #expect(try !PublicKey(topBit).isProper())
        }
        let zero = [UInt8](repeating: 0, count: 32)
        let prime = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        for bytes in [zero, [1] + zero.dropFirst(), prime, [0xEC] + prime.dropFirst(), [0xEE] + prime.dropFirst()] {
            #expect(try !PublicKey(bytes).isProper(), "\(bytes.hex)")
        }
    }

    @Test func `nobody can sign in the name of a key of small order`() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        let signature = [1] + [UInt8](repeating: 0, count: 63)
        for message in [UInt8](0..<64) {
            #expect(try !XEdDSA.isValid(signature, of: [message], by: PublicKey(zero)))
        }
    }

    @Test func `messages left out on purpose cannot make a record grow without end`() throws {
        var pair = try Pair(seed: 43)
        var last = CiphertextMessage(kind: .signalMessage, serialized: [])
        for _ in 0..<4 {
            try pair.start(self.cipher)
            _ = try pair.deliver(self.cipher.encrypt([1], for: Self.bob, in: &pair.alice), self.cipher)
            for _ in 0..<1500 { last = try self.cipher.encrypt([2], for: Self.bob, in: &pair.alice) }
            _ = try pair.deliver(last, self.cipher)
        }
        let record = try #require(pair.bob.sessions[Self.alice])
        let kept = record.archived.reduce(record.current.skippedKeyCount) { $0 + $1.skippedKeyCount }
        #expect(kept == SessionRecord.skippedKeyLimit)
        // The newest are kept: it is the oldest sessions that lose theirs.
        #expect(record.current.skippedKeyCount == 1499)
        #expect(record.archived.map(\.skippedKeyCount) == [1499, 1002, 0])
    }

    @Test func `a forged message far ahead is tried with few of the archived sessions`() throws {
        var pair = try Pair(seed: 44)
        for _ in 0..<10 {
            try pair.start(self.cipher)
            _ = try pair.deliver(self.cipher.encrypt([1], for: Self.bob, in: &pair.alice), self.cipher)
        }
        // A real message of the oldest session, on a ratchet key Bob has not seen, 1999 messages on.
        let stranger = try KeyPair(using: &pair.generator).publicKey
        let record = try #require(pair.bob.sessions[Self.alice])
        var tried = record
        let forged = try SignalMessage(
            serialized: SignalMessage.seal(
                [1], with: MessageKeys(seed: SecretBytes([UInt8](repeating: 1, count: 32))), ratchetKey: stranger,
                counter: 1999, previousCounter: 0, from: pair.alice.localIdentity.identityKey,
                to: pair.bob.localIdentity.identityKey))
        #expect(throws: SignalError.badMAC) { try tried.decrypt(forged, using: &pair.generator) }
        #expect(tried == record)
        #expect(SessionRecord.stepLimit / 2000 == 2)
    }

    @Test func `a one-time key with the id that means none is refused`() throws {
        var pair = try Pair(seed: 45)
        let signed = try #require(pair.bob.signedPreKeys[1])
        let bundle = PreKeyBundle(
            of: pair.bob.localIdentity, signedPreKey: signed, preKey: try PreKey(id: 0, using: &pair.generator))
        #expect(throws: SignalError.invalidPreKeyID(0)) {
            try self.cipher.startSession(with: bundle, for: Self.bob, in: &pair.alice, using: &pair.generator)
        }
    }

    @Test func `a key that comes under our own name does not take the place of our own`() throws {
        var pair = try Pair(seed: 46)
        let name = SenderKeyName(groupID: "120363000000000001@g.us", sender: Self.alice)
        let groups = SenderKeyCipher()
        _ = try groups.distributionMessage(for: name, in: &pair.alice, using: &pair.generator)
        let foreign = try SenderKeyRecord(using: &pair.generator).distributionMessage()
        try groups.process(foreign, from: name, in: &pair.alice)
        #expect(throws: Never.self) {
            try groups.encrypt([1], as: name, in: &pair.alice, using: &pair.generator)
        }
        // One that came before we had any is no reason not to make ours.
        try groups.process(foreign, from: name, in: &pair.bob)
        let own = try groups.distributionMessage(for: name, in: &pair.bob, using: &pair.generator)
        #expect(own.keyID != foreign.keyID)
    }

    @Test func `what was decrypted is not printed`() throws {
        var pair = try Pair(seed: 47)
        try pair.start(self.cipher)
        let message = try self.cipher.encrypt([120, 121, 122], for: Self.bob, in: &pair.alice)
        let decryption = try pair.deliver(message, self.cipher)
        var dumped = ""
        dump(decryption, to: &dumped)
        for text in ["\(decryption)", String(reflecting: decryption), dumped] {
            #expect(!text.contains("121"), "\(text)")
        }
    }
}
