import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct SenderKeyRecordTests {
    @Test func `a fresh key draws signing key, id and chain key in this order`() throws {
        let script = SeededGenerator.script(seed: 60, count: 72)
        var generator = ScriptedGenerator(script)
        let record = try SenderKeyRecord(using: &generator)
        #expect(generator.remaining == 0 && generator.numbersTooMany == 0)
        let signingKey = try KeyPair(PrivateKey(script[..<32])).publicKey
        let id = script[32..<36].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let distribution = try record.distributionMessage()
        #expect(distribution.signingKey == signingKey)
        #expect(distribution.keyID == id & 0x7FFF_FFFF && record.keyID == distribution.keyID)
        #expect(distribution.chainKey == SecretBytes(script[40...]))
        #expect(distribution.iteration == 0)
    }

    @Test func `a known key stays as it is, with its late messages`() throws {
        var generator = SeededGenerator(seed: 61)
        var sender = try SenderKeyRecord(using: &generator)
        var receiver = SenderKeyRecord(try sender.distributionMessage())
        let late = try SenderKeyMessage(serialized: sender.encrypt([1], using: &generator))
        let next = try SenderKeyMessage(serialized: sender.encrypt([2], using: &generator))
        #expect(try receiver.decrypt(next) == [2])
        receiver.process(try sender.distributionMessage())
        #expect(try receiver.decrypt(late) == [1])
        #expect(receiver.states.count == 1)
    }

    @Test func `a known key is replaced when more than 2000 messages behind`() throws {
        var generator = SeededGenerator(seed: 62)
        var state = try SenderKeyState(using: &generator)
        var receiver = SenderKeyRecord(try SenderKeyRecord(states: [state]).distributionMessage())
        for _ in 0..<2000 { state.chainKey = try state.chainKey.next() }
        receiver.process(try SenderKeyRecord(states: [state]).distributionMessage())
        #expect(receiver.states[0].chainKey.index == 0)
        let reachable = try SenderKeyMessage(serialized: state.encrypt([1], using: &generator))
        let behind = receiver
        let tooFar = try SenderKeyMessage(serialized: state.encrypt([2], using: &generator))
        #expect(throws: SignalError.tooFarAhead(counter: 2001, chainIndex: 0)) { try receiver.decrypt(tooFar) }
        #expect(receiver == behind)
        #expect(try receiver.decrypt(reachable) == [1])
        #expect(receiver.states[0].skippedKeys.entries.count == 2000)

        var replaced = behind
        replaced.process(try SenderKeyRecord(states: [state]).distributionMessage())
        #expect(replaced.states.count == 1 && replaced.states[0].chainKey.index == 2002)
    }

    @Test func `another signing key under a known id takes its place`() throws {
        var generator = SeededGenerator(seed: 63)
        let first = try SenderKeyState(using: &generator)
        let fresh = try SenderKeyState(using: &generator)
        var second = SenderKeyState(
            keyID: first.keyID, chainKey: fresh.chainKey, signingKey: fresh.signingKey,
            signingPrivateKey: fresh.signingPrivateKey)
        var receiver = SenderKeyRecord(try SenderKeyRecord(states: [first]).distributionMessage())
        let message = try SenderKeyMessage(serialized: second.encrypt([1], using: &generator))
        #expect(throws: SignalError.badSignature) { try receiver.decrypt(message) }
        receiver.process(try SenderKeyRecord(states: [fresh]).distributionMessage())
        receiver.process(
            SenderKeyDistributionMessage(
                keyID: first.keyID, iteration: 0, chainKey: fresh.chainKey.key, signingKey: fresh.signingKey))
        #expect(receiver.states.map(\.keyID) == [first.keyID, fresh.keyID])
        #expect(try receiver.decrypt(message) == [1])
    }

    @Test func `five keys are kept, newest first`() throws {
        var generator = SeededGenerator(seed: 64)
        var senders = try (0..<7).map { _ in try SenderKeyRecord(using: &generator) }
        var receiver = SenderKeyRecord(try senders[0].distributionMessage())
        for sender in senders[1...] { receiver.process(try sender.distributionMessage()) }
        #expect(receiver.states.map(\.keyID) == senders[2...].reversed().map(\.keyID))
        for index in senders.indices {
            let message = try SenderKeyMessage(serialized: senders[index].encrypt([9], using: &generator))
            if index < 2 {
                #expect(throws: SignalError.noSenderKey(id: message.keyID)) { try receiver.decrypt(message) }
            } else {
                #expect(try receiver.decrypt(message) == [9])
            }
        }
    }

    @Test func `nobody writes with another's key or hands it on`() throws {
        var generator = SeededGenerator(seed: 65)
        var receiver = SenderKeyRecord(try SenderKeyRecord(using: &generator).distributionMessage())
        #expect(throws: SignalError.noSenderKey(id: nil)) { try receiver.encrypt([1], using: &generator) }
        #expect(throws: SignalError.noSenderKey(id: nil)) { try receiver.distributionMessage() }
    }

    @Test func `an authentic message that does not decrypt leaves the record as it was`() throws {
        var generator = SeededGenerator(seed: 68)
        var sender = try SenderKeyState(using: &generator)
        var receiver = SenderKeyRecord(try SenderKeyRecord(states: [sender]).distributionMessage())
        _ = try sender.encrypt([1], using: &generator)
        let good = try SenderKeyMessage(serialized: sender.encrypt([2], using: &generator))
        var wire = SignalSenderKeyWireMessage()
        wire.id = sender.keyID
        wire.ciphertext = .init(repeating: 7, count: 16)
        let privateKey = try #require(sender.signingPrivateKey)
        for iteration in [1, 0, 5] as [UInt32] {
            if iteration == 0 { #expect(try receiver.decrypt(good) == [2]) }
            wire.iteration = iteration
            let body = try wire.messageBytes()
            let bad = try SenderKeyMessage(
                serialized: body + XEdDSA.sign(body, with: privateKey, using: &generator))
            let before = receiver
            #expect(throws: SignalError.invalidCiphertext) { try receiver.decrypt(bad) }
            #expect(receiver == before)
        }
    }

    @Test func `the last iteration is refused without a trap`() throws {
        var generator = SeededGenerator(seed: 66)
        let fresh = try SenderKeyState(using: &generator)
        var state = SenderKeyState(
            keyID: 1, chainKey: ChainKey(key: fresh.chainKey.key, index: .max), signingKey: fresh.signingKey,
            signingPrivateKey: fresh.signingPrivateKey)
        #expect(throws: SignalError.chainExhausted) { try state.encrypt([1], using: &generator) }
        var receiver = SenderKeyRecord(try SenderKeyRecord(states: [state]).distributionMessage())
        let privateKey = try #require(state.signingPrivateKey)
        let bytes = try SenderKeyMessage.seal(
            [1], with: SenderMessageKeys(seed: state.chainKey.seed()), keyID: 1, iteration: .max, signedBy: privateKey,
            using: &generator)
        let message = try SenderKeyMessage(serialized: bytes)
        #expect(throws: SignalError.chainExhausted) { try receiver.decrypt(message) }
    }

    @Test func `the cipher makes a key once, and anew on rotation`() throws {
        var generator = SeededGenerator(seed: 67)
        var alice = try Device("alice", using: &generator)
        let cipher = SenderKeyCipher()
        let name = SenderKeyName(groupID: "120363000000000001@g.us", sender: alice.address)
        #expect(throws: SignalError.noSenderKey(id: nil)) {
            try cipher.encrypt([1], as: name, in: &alice.store, using: &generator)
        }
        let first = try cipher.distributionMessage(for: name, in: &alice.store, using: &generator)
        _ = try cipher.encrypt([1], as: name, in: &alice.store, using: &generator)
        let second = try cipher.distributionMessage(for: name, in: &alice.store, using: &generator)
        #expect(second.keyID == first.keyID && second.iteration == 1)
        let third = try cipher.rotate(name, in: &alice.store, using: &generator)
        #expect(third.keyID != first.keyID && third.iteration == 0)
        #expect(alice.store.senderKeys[name]?.states.count == 1)
    }
}

extension SeededGenerator {
    fileprivate static func script(seed: UInt64, count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count: count)
    }
}
