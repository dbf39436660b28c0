import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

/// Every conversation of the vectors, followed from both sides byte for byte and state for state.
@Suite struct ConversationVectorTests {
    @Test func `all conversations go as the vectors say`() throws {
        let conversations = try Vectors.load("signal", as: SignalVectors.self).conversations
        var counts: [String: Int] = [:]
        for conversation in conversations {
            var parties = try Dictionary(
                uniqueKeysWithValues: conversation.parties.map { ($0.name, try Party($0)) })
            for operation in conversation.ops {
                let peer = try #require(parties[operation.peer]).address
                try parties[operation.actor]?.perform(operation, with: peer)
                counts[operation.op.rawValue + (operation.expect == "error" ? " refused" : ""), default: 0] += 1
            }
        }
        Vectors.report(conversations.count, of: "conversations", in: "signal")
        for (verb, count) in counts.sorted(by: { $0.key < $1.key }) {
            Vectors.report(count, of: "conversations, \(verb)", in: "signal")
        }
    }

    private struct Party {
        let address: ProtocolAddress
        var store: InMemorySignalStore
        let cipher = SessionCipher()

        init(_ party: SignalVectors.Party) throws {
            self.address = ProtocolAddress(name: party.name, deviceID: party.device)
            self.store = InMemorySignalStore(
                localIdentity: LocalIdentity(
                    identityKeyPair: IdentityKeyPair(try party.identity.keyPair), registrationID: party.registration_id)
            )
            self.store.signedPreKeys[party.signed_prekey.id] = SignedPreKey(
                id: party.signed_prekey.id, keyPair: try KeyPair(PrivateKey(party.signed_prekey.private.bytes)),
                signature: party.signed_prekey.signature?.bytes ?? [])
            for key in party.one_time_prekeys {
                self.store.preKeys[key.id] = PreKey(
                    id: key.id, keyPair: try KeyPair(PrivateKey(key.private.bytes)))
            }
        }

        mutating func perform(_ operation: SignalVectors.Operation, with peer: ProtocolAddress) throws {
            switch operation.op {
            case .build_session: try self.buildSession(operation, with: peer)
            case .encrypt: try self.encrypt(operation, for: peer)
            case .decrypt where operation.expect == "ok": try self.decrypt(operation, from: peer)
            case .decrypt: try self.refuse(operation, from: peer)
            }
            guard let expected = operation.state_after else { return }
            let record = try #require(self.store.sessions[peer])
            #expect(record.archivedCount == expected.archived_sessions)
            try expected.check(record.current)
            #expect(try SessionRecord(serialized: record.serialized()) == record)
        }

        private mutating func buildSession(
            _ operation: SignalVectors.Operation, with peer: ProtocolAddress
        ) throws {
            let bundle = try #require(operation.bundle).bundle
            let script = try #require(operation.base_private).bytes + #require(operation.ratchet_private).bytes
            var generator = ScriptedGenerator(script)
            try self.cipher.startSession(with: bundle, for: peer, in: &self.store, using: &generator)
            #expect(generator.remaining == 0 && generator.numbersTooMany == 0)
        }

        private mutating func encrypt(_ operation: SignalVectors.Operation, for peer: ProtocolAddress) throws {
            let expected = try #require(operation.signal_message)
            // Some messages in between are left out of the file.
            while let index = self.store.sessions[peer]?.current.sendingChainKey.index, index < expected.counter {
                _ = try self.cipher.encrypt([1, 2, 3], for: peer, in: &self.store)
            }
            try self.setPreviousCounter(expected.previous_counter, for: peer)
            let message = try self.cipher.encrypt(
                try #require(operation.plaintext).bytes, for: peer, in: &self.store)
            #expect(message.serialized == operation.serialized?.bytes)
            switch message.kind {
            case .signalMessage:
                #expect(operation.type == "msg")
                try expected.check(SignalMessage(serialized: message.serialized))
            case .preKeySignalMessage:
                #expect(operation.type == "pkmsg")
                let read = try PreKeySignalMessage(serialized: message.serialized)
                expected.check(read.message)
                try #require(operation.prekey_message).check(read)
            }
        }

        /// The implementation behind the vectors wraps around below 0 where we stop: the one difference on the wire.
        private mutating func setPreviousCounter(_ counter: UInt32, for peer: ProtocolAddress) throws {
            let record = try #require(self.store.sessions[peer])
            var state = record.current
            #expect(state.previousCounter == counter || counter == .max && state.previousCounter == 0)
            state.previousCounter = counter
            self.store.sessions[peer] = SessionRecord(current: state, archived: record.archived)
        }

        private mutating func decrypt(_ operation: SignalVectors.Operation, from peer: ProtocolAddress) throws {
            var generator = ScriptedGenerator(operation.new_ratchet_private?.bytes ?? [])
            let decryption = try self.decrypt(
                try #require(operation.serialized).bytes, type: operation.type, from: peer, using: &generator)
            #expect(decryption.plaintext == operation.plaintext?.bytes)
            #expect(decryption.changes.consumedPreKeyID == operation.consumed_prekey_id)
            #expect(generator.remaining == 0 && generator.numbersTooMany == 0)
        }

        private mutating func refuse(_ operation: SignalVectors.Operation, from peer: ProtocolAddress) throws {
            let before = self.store
            var generator = ScriptedGenerator([])
            let note = operation.note ?? ""
            let error = #expect(throws: SignalError.self, "\(note)") {
                try self.decrypt(
                    try #require(operation.serialized).bytes, type: operation.type, from: peer, using: &generator)
            }
            #expect(error?.kind == Self.kinds[note], "\(note)")
            #expect(generator.numbersTooMany == 0)
            #expect(try self.store.sessions[peer]?.serialized() == before.sessions[peer]?.serialized())
            #expect(self.store.preKeys == before.preKeys)
            #expect(self.store.identities == before.identities)
        }

        private static let kinds: [String: SignalError.Kind] = [
            // The last field of the message is the id of the signed pre-key.
            "last byte (MAC of the inner message) flipped": .invalidSignedPreKeyID,
            "truncated": .malformedMessage,
            "duplicate of an already decrypted pkmsg": .duplicateMessage,
            "MAC flipped": .badMAC,
            "ciphertext flipped": .badMAC,
            "ratchet key flipped": .badMAC,
            "version byte 0x23": .unsupportedVersion,
            "MAC cut off": .malformedMessage,
            "empty": .malformedMessage,
            "too short": .malformedMessage,
            "duplicate": .duplicateMessage,
            "late message tampered": .badMAC,
            "duplicate of a late message": .duplicateMessage,
            "2001 ahead of the chain: refused": .tooFarAhead,
        ]

        private mutating func decrypt(
            _ bytes: [UInt8], type: String?, from peer: ProtocolAddress, using generator: inout ScriptedGenerator
        ) throws -> Decryption {
            if type == "pkmsg" {
                let message = try PreKeySignalMessage(serialized: bytes)
                return try self.cipher.decrypt(message, from: peer, in: &self.store, using: &generator)
            }
            let message = try SignalMessage(serialized: bytes)
            return try self.cipher.decrypt(message, from: peer, in: &self.store, using: &generator)
        }
    }
}

extension SignalVectors.Message {
    func check(_ message: SignalMessage) {
        #expect(message.counter == self.counter)
        #expect(message.ratchetKey.serialized == self.ratchet_key.bytes)
        #expect(Array(message.ciphertext) == self.ciphertext.bytes)
    }
}

extension SignalVectors.PreKeyMessage {
    func check(_ message: PreKeySignalMessage) {
        #expect(message.baseKey.serialized == self.base_key.bytes)
        #expect(message.identityKey.publicKey.serialized == self.identity_key.bytes)
        #expect(message.registrationID == self.registration_id)
        #expect(message.preKeyID == self.prekey_id)
        #expect(message.signedPreKeyID == self.signed_prekey_id)
    }
}

extension SignalVectors.State {
    func check(_ state: SessionState) throws {
        #expect(state.baseKey.bytes == self.base_key.bytes)
        #expect(state.remoteIdentity.publicKey.bytes == self.remote_identity.bytes)
        #expect(state.rootKey.key.exposed == self.root_key.bytes)
        #expect(state.ratchetKeyPair.privateKey.scalar.exposed == self.sender_chain.ratchet_private.bytes)
        #expect(state.ratchetKeyPair.publicKey.bytes == self.sender_chain.ratchet_public.bytes)
        #expect(state.sendingChainKey.key.exposed == self.sender_chain.chain_key.bytes)
        #expect(state.sendingChainKey.index == self.sender_chain.index)
        #expect((state.pendingPreKey == nil) == (self.pending_prekey == nil))
        #expect(state.pendingPreKey?.preKeyID == self.pending_prekey?.prekey_id)
        #expect(state.pendingPreKey?.signedPreKeyID == self.pending_prekey?.signed_prekey_id)
        #expect(state.receiverChains.count == self.receiver_chains.count)
        for (chain, expected) in zip(state.receiverChains, self.receiver_chains) { try expected.check(chain) }
    }
}

extension SignalVectors.State.ReceiverChain {
    func check(_ chain: ReceiverChain) throws {
        #expect(chain.ratchetKey.bytes == self.ratchet_public.bytes)
        #expect(chain.chainKey.key.exposed == self.chain_key.bytes)
        #expect(chain.chainKey.index == self.index)
        let entries = chain.skippedKeys.entries
        #expect(entries.count == self.skipped?.count ?? self.skipped_count)
        for expected in self.skipped ?? [] {
            let seed = try #require(chain.skippedKeys[expected.counter])
            #expect(try MessageKeys(seed: seed).bytes.exposed == expected.bytes)
        }
    }
}
