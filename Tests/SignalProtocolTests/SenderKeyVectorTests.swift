import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

/// Every case of `senderkeys.json`.
@Suite struct SenderKeyVectorTests {
    private struct File: Decodable {
        let chain: [Link]
        let groups: [Group]
    }

    private struct Link: Decodable {
        let chain_key, message_seed, cipher_key, iv: HexBytes
        let iteration: UInt32
    }

    private struct Group: Decodable {
        struct Sender: Decodable {
            let name: String
            let device: UInt32
        }

        let group, name: String
        let sender: Sender
        let initial: Initial
        let ops: [Operation]
    }

    private struct Initial: Decodable {
        let key_id: UInt32
        let chain_key, signing_private, signing_public, distribution_message: HexBytes
        let random_draws: [HexBytes]
    }

    private struct Operation: Decodable {
        enum Verb: String, Decodable {
            case process_distribution, encrypt, decrypt
        }

        let op: Verb
        let id, note, expect: String?
        let serialized: HexBytes
        let key_id, iteration, iteration_after: UInt32?
        let chain_key, chain_key_after, ciphertext, plaintext, signature_random, signing_public: HexBytes?
    }

    @Test func `the chain gives the vectors' keys`() throws {
        let cases = try Vectors.load("senderkeys", as: File.self).chain
        for vector in cases {
            let chainKey = ChainKey(key: SecretBytes(vector.chain_key.bytes), index: vector.iteration)
            let seed = try chainKey.seed()
            #expect(seed.exposed == vector.message_seed.bytes)
            let keys = try SenderMessageKeys(seed: seed)
            #expect(keys.iv.exposed == vector.iv.bytes)
            #expect(keys.cipherKey.exposed == vector.cipher_key.bytes)
        }
        Vectors.report(cases.count, of: "chain", in: "senderkeys")
    }

    @Test func `all groups go as the vectors say`() throws {
        let groups = try Vectors.load("senderkeys", as: File.self).groups
        var counts: [String: Int] = [:]
        for group in groups {
            var sender = try Sender(group)
            var receiver = try Receiver(group)
            for operation in group.ops {
                switch operation.op {
                case .process_distribution: try receiver.process(operation)
                case .encrypt: try sender.encrypt(operation)
                case .decrypt where operation.expect == "ok": try receiver.decrypt(operation)
                case .decrypt: try receiver.refuse(operation)
                }
                counts[operation.op.rawValue + (operation.expect == "error" ? " refused" : ""), default: 0] += 1
            }
        }
        Vectors.report(groups.count, of: "groups", in: "senderkeys")
        for (verb, count) in counts.sorted(by: { $0.key < $1.key }) {
            Vectors.report(count, of: "groups, \(verb)", in: "senderkeys")
        }
    }

    private struct Sender {
        var states: [UInt32: SenderKeyState] = [:]

        init(_ group: Group) throws {
            let initial = group.initial
            let signingKeyPair = try KeyPair(PrivateKey(initial.signing_private.bytes))
            #expect(signingKeyPair.publicKey.bytes == initial.signing_public.bytes)
            let state = SenderKeyState(
                keyID: initial.key_id, chainKey: ChainKey(key: SecretBytes(initial.chain_key.bytes), index: 0),
                signingKey: signingKeyPair.publicKey, signingPrivateKey: signingKeyPair.privateKey)
            let distribution = try SenderKeyRecord(states: [state]).distributionMessage()
            #expect(try distribution.serialized() == initial.distribution_message.bytes)
            self.states[initial.key_id] = state
            // Later keys come with the messages that hand them out, without the private half.
            for operation in group.ops where operation.op == .process_distribution {
                let distribution = try SenderKeyDistributionMessage(serialized: operation.serialized.bytes)
                guard self.states[distribution.keyID] == nil else { continue }
                self.states[distribution.keyID] = SenderKeyState(
                    keyID: distribution.keyID, chainKey: ChainKey(key: distribution.chainKey, index: 0),
                    signingKey: distribution.signingKey, signingPrivateKey: nil)
            }
        }

        mutating func encrypt(_ operation: Operation) throws {
            let expected = try SenderKeyMessage(serialized: operation.serialized.bytes)
            let plaintext = try #require(operation.plaintext).bytes
            #expect(expected.keyID == operation.key_id && expected.iteration == operation.iteration)
            #expect(Array(expected.ciphertext) == operation.ciphertext?.bytes)
            var state = try #require(self.states[expected.keyID])
            // Some messages in between are left out of the file.
            while state.chainKey.index < expected.iteration { state.chainKey = try state.chainKey.next() }
            let keys = try SenderMessageKeys(seed: state.chainKey.seed())
            #expect(try keys.encrypt(plaintext) == operation.ciphertext?.bytes)
            if state.signingPrivateKey == nil {
                try expected.checkSignature(by: state.signingKey)
                state.chainKey = try state.chainKey.next()
            } else {
                var generator = ScriptedGenerator(try #require(operation.signature_random).bytes)
                #expect(try state.encrypt(plaintext, using: &generator) == operation.serialized.bytes)
                #expect(generator.remaining == 0 && generator.numbersTooMany == 0)
            }
            #expect(state.chainKey.index == operation.iteration_after)
            #expect(state.chainKey.key.exposed == operation.chain_key_after?.bytes)
            self.states[expected.keyID] = state
        }
    }

    private struct Receiver {
        let name: SenderKeyName
        let cipher = SenderKeyCipher()
        var store: InMemorySignalStore

        init(_ group: Group) throws {
            var generator = SeededGenerator(seed: 5)
            self.store = InMemorySignalStore(localIdentity: try LocalIdentity(using: &generator))
            self.name = SenderKeyName(
                groupID: group.group,
                sender: ProtocolAddress(name: group.sender.name, deviceID: group.sender.device))
        }

        mutating func process(_ operation: Operation) throws {
            let distribution = try SenderKeyDistributionMessage(serialized: operation.serialized.bytes)
            #expect(distribution.keyID == operation.key_id)
            #expect(distribution.iteration == operation.iteration)
            #expect(distribution.chainKey.exposed == operation.chain_key?.bytes)
            #expect(distribution.signingKey.bytes == operation.signing_public?.bytes)
            #expect(try distribution.serialized() == operation.serialized.bytes)
            let bare = try SenderKeyDistributionMessage(serialized: Array(operation.serialized.bytes.dropFirst()))
            #expect(bare == distribution)
            try self.cipher.process(distribution, from: self.name, in: &self.store)
        }

        mutating func decrypt(_ operation: Operation) throws {
            let message = try SenderKeyMessage(serialized: operation.serialized.bytes)
            let plaintext = try self.cipher.decrypt(message, from: self.name, in: &self.store)
            #expect(plaintext == operation.plaintext?.bytes)
            let record = try #require(self.store.senderKeys[self.name])
            #expect(try SenderKeyRecord(serialized: record.serialized()) == record)
        }

        mutating func refuse(_ operation: Operation) throws {
            let before = self.store.senderKeys
            let error = #expect(throws: SignalError.self, "\(operation.note ?? "no note")") {
                let message = try SenderKeyMessage(serialized: operation.serialized.bytes)
                _ = try self.cipher.decrypt(message, from: self.name, in: &self.store)
            }
            #expect(error?.kind == Self.kinds[operation.note ?? ""], "\(operation.note ?? "no note")")
            #expect(self.store.senderKeys == before)
        }

        private static let kinds: [String: SignalError.Kind] = [
            "no distribution message processed yet": .noSenderKey,
            "duplicate of a late one": .duplicateMessage,
            "duplicate": .duplicateMessage,
            "signature changed": .badSignature,
            "ciphertext changed": .badSignature,
            "too short": .malformedMessage,
            "older than the distribution message": .duplicateMessage,
            "unknown key id": .noSenderKey,
        ]
    }
}
