import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

/// What comes from outside: any bytes give a value or a `SignalError`.
@Suite struct ParserTests {
    @Test func `a message lacks its parts one at a time`() throws {
        var generator = SeededGenerator(seed: 40)
        let key = try KeyPair(using: &generator).publicKey.serialized
        let mac = [UInt8](repeating: 0, count: 8)
        let ratchetKey: [UInt8] = [0x0A, 33] + key
        let counter: [UInt8] = [0x10, 5]
        let ciphertext: [UInt8] = [0x22, 2, 1, 2]
        let message = try SignalMessage(serialized: [0x33] + ratchetKey + counter + ciphertext + mac)
        #expect(message.counter == 5 && message.ratchetKey.serialized == key && Array(message.ciphertext) == [1, 2])
        // Any order, a later minor version and unknown fields are fine.
        let other = try SignalMessage(serialized: [0x3F] + ciphertext + [0x78, 1] + counter + ratchetKey + mac)
        #expect(other.counter == 5)
        let cases: [([UInt8], SignalError)] = [
            ([], .malformedMessage(part: "version byte")),
            ([0x33], .malformedMessage(part: "MAC")),
            ([0x33] + mac.dropLast(), .malformedMessage(part: "MAC")),
            ([0x32] + mac, .malformedMessage(part: "version byte")),
            ([0x23] + mac, .unsupportedVersion(2)),
            ([0x43] + mac, .unsupportedVersion(4)),
            ([0x33] + counter + ciphertext + mac, .malformedMessage(part: "ratchet key")),
            ([0x33] + ratchetKey + ciphertext + mac, .malformedMessage(part: "counter")),
            ([0x33] + ratchetKey + counter + mac, .malformedMessage(part: "ciphertext")),
            ([0x33] + ratchetKey + counter + [0x22, 3, 1, 2] + mac, .malformedMessage(part: "protobuf")),
            ([0x33, 0x0A, 32] + key.dropFirst() + counter + ciphertext + mac, .invalidKey),
            ([0x33, 0x0A, 33, 6] + key.dropFirst() + counter + ciphertext + mac, .invalidKey),
        ]
        for (bytes, error) in cases {
            #expect(throws: error, "\(bytes.hex)") { try SignalMessage(serialized: bytes) }
        }
    }

    @Test func `a session's first message lacks its parts one at a time`() throws {
        var pair = try Pair(seed: 41)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let good = try pair.fromAlice([1]).serialized
        let wire = try SignalPreKeyWireMessage(messageBytes: good[1...])
        let removals: [(StaticStringName, (inout SignalPreKeyWireMessage) -> Void)] = [
            ("base key", { $0.clearBaseKey() }), ("identity key", { $0.clearIdentityKey() }),
            ("message", { $0.clearMessage() }), ("signed pre-key id", { $0.clearSignedPreKeyID() }),
        ]
        for (part, remove) in removals {
            var copy = wire
            remove(&copy)
            let bytes = try copy.messageBytes()
            #expect(throws: SignalError.malformedMessage(part: part)) { try PreKeySignalMessage(serialized: bytes) }
        }
        var copy = wire
        copy.preKeyID = 0
        copy.clearRegistrationID()
        let message = try PreKeySignalMessage(serialized: copy.messageBytes())
        #expect(message.preKeyID == nil && message.registrationID == 0)
        #expect(throws: SignalError.unsupportedVersion(1)) {
            try PreKeySignalMessage(serialized: [0x13] + good.dropFirst())
        }
    }

    @Test func `group messages lack their parts one at a time`() throws {
        let signature = [UInt8](repeating: 0, count: 64)
        let whole: [UInt8] = [0x33, 0x08, 1, 0x10, 0, 0x1A, 0]
        #expect(try SenderKeyMessage(serialized: whole + signature).keyID == 1)
        let cases: [([UInt8], SignalError)] = [
            ([], .malformedMessage(part: "version byte")),
            ([0x33] + signature.dropLast(), .malformedMessage(part: "signature")),
            ([0x23] + signature, .unsupportedVersion(2)),
            ([0x33, 0x10, 0, 0x1A, 0] + signature, .malformedMessage(part: "key id")),
            ([0x33, 0x08, 1, 0x1A, 0] + signature, .malformedMessage(part: "iteration")),
            ([0x33, 0x08, 1, 0x10, 0] + signature, .malformedMessage(part: "ciphertext")),
        ]
        for (bytes, error) in cases {
            #expect(throws: error, "\(bytes.hex)") { try SenderKeyMessage(serialized: bytes) }
        }
        var generator = SeededGenerator(seed: 42)
        let distribution = try SenderKeyRecord(using: &generator).distributionMessage()
        let wire = try SignalSenderKeyDistributionWireMessage(messageBytes: distribution.serialized()[1...])
        let changes: [(SignalError, (inout SignalSenderKeyDistributionWireMessage) -> Void)] = [
            (.malformedMessage(part: "key id"), { $0.clearID() }),
            (.malformedMessage(part: "iteration"), { $0.clearIteration() }),
            (.malformedMessage(part: "chain key"), { $0.chainKey.append(0) }),
            (.malformedMessage(part: "signing key"), { $0.clearSigningKey() }),
            (.invalidKey, { $0.signingKey.append(0) }),
        ]
        for (error, change) in changes {
            var copy = wire
            change(&copy)
            let bytes = try copy.messageBytes()
            #expect(throws: error) { try SenderKeyDistributionMessage(serialized: bytes) }
        }
        #expect(throws: SignalError.self) { try SenderKeyDistributionMessage(serialized: []) }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `random and mutated bytes never trap a parser`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let samples = try Self.samples(seed: seed)
        for _ in 0..<200 {
            var bytes = Self.mutation(of: samples.randomElement(using: &generator) ?? [], using: &generator)
            try Self.parse(bytes)
            // Most random bytes fail at the version; these go further.
            bytes = [0x33] + generator.bytes(count: Int.random(in: 0..<100, using: &generator))
            try Self.parse(bytes)
        }
        for sample in samples {
            for count in sample.indices { try Self.parse(Array(sample[..<count])) }
        }
    }

    private static func samples(seed: UInt64) throws -> [[UInt8]] {
        var pair = try Pair(seed: seed)
        try pair.alice.startSession(with: &pair.bob, using: &pair.generator)
        let first = try pair.fromAlice([1, 2, 3])
        _ = try pair.fromAlice([])
        try pair.toBob(try pair.fromAlice([4]))
        let second = try pair.fromBob([5])
        var senderKey = try SenderKeyRecord(using: &pair.generator)
        let distribution = try senderKey.distributionMessage().serialized()
        let group = try senderKey.encrypt([6], using: &pair.generator)
        return [
            first.serialized, second.serialized, distribution, group, try senderKey.serialized(),
            try #require(pair.bob.record(for: pair.alice)).serialized(),
        ]
    }

    private static func mutation(of sample: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
            case 1: bytes.removeSubrange(position..<min(bytes.count, position + 5))
            case 2: bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], at: position)
            default: if position < bytes.count { bytes[position] = UInt8.random(in: 0...255, using: &generator) }
            }
        }
        return bytes
    }

    /// Runs all parsers; what they accept must stand being written again.
    private static func parse(_ bytes: [UInt8]) throws {
        if let message = try? SignalMessage(serialized: bytes) { #expect(message.serialized == bytes) }
        if let message = try? PreKeySignalMessage(serialized: bytes) { #expect(message.serialized == bytes) }
        if let message = try? SenderKeyMessage(serialized: bytes) { #expect(message.serialized == bytes) }
        if let message = try? SenderKeyDistributionMessage(serialized: bytes) {
            #expect(try SenderKeyDistributionMessage(serialized: message.serialized()) == message)
        }
        if let record = try? SessionRecord(serialized: bytes) {
            #expect(try SessionRecord(serialized: record.serialized()) == record)
        }
        if let record = try? SenderKeyRecord(serialized: bytes) {
            #expect(try SenderKeyRecord(serialized: record.serialized()) == record)
        }
    }
}
