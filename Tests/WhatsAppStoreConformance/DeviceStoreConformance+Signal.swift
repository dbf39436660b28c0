import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient

extension DeviceStoreConformance {
    /// A record of a session with some peer.
    mutating func sessionRecord() throws -> SessionRecord {
        let peer = try LocalIdentity(using: &self.generator)
        let signed = try SignedPreKey(id: 1, signedBy: peer.identityKeyPair, using: &self.generator)
        return try SessionRecord(
            startingWith: PreKeyBundle(of: peer, signedPreKey: signed, preKey: nil), as: self.device.keys.identity,
            after: nil, using: &self.generator)
    }

    mutating func sessions() async throws {
        let addresses = (0..<3).map { ProtocolAddress(name: "1@lid", deviceID: UInt32($0)) }
        let other = ProtocolAddress(name: "1@s.whatsapp.net", deviceID: 0)
        let (first, second, identity) = (try self.sessionRecord(), try self.sessionRecord(), try self.identity())
        let preKey = try PreKey(id: 9, using: &self.generator)
        try await self.store.write { state in
            try state.savePreKeys([preKey], areUploaded: true, nextID: 10)
            var changes = SignalChanges()
            changes.sessions = [addresses[0]: first, addresses[1]: first, other: first]
            changes.identities = [addresses[0]: identity, other: identity]
            changes.consumedPreKeyID = 9
            try state.commit(changes)
            changes = SignalChanges()
            changes.sessions = [addresses[1]: second]
            try state.commit(changes)
        }
        try await self.store.read { state throws in
            #expect(try state.loadSessions(for: addresses) == [addresses[0]: first, addresses[1]: second])
            #expect(try state.loadSessions(for: []).isEmpty)
            #expect(try state.addressesWithoutSession(among: addresses) == [addresses[2]])
            #expect(try state.loadIdentities(for: addresses) == [addresses[0]: identity])
            #expect(try state.loadPreKey(9) == nil, "a consumed key is gone")
        }
        try await self.store.write { try $0.deleteSessions(for: [addresses[0], addresses[2]]) }
        try await self.store.read { state throws in
            #expect(try state.loadSessions(for: addresses) == [addresses[1]: second])
            #expect(try state.loadIdentities(for: addresses) == [addresses[0]: identity], "identities stay")
        }
        try await self.store.write { try $0.deleteSessionsAndIdentities(ofUser: "1@lid") }
        try await self.store.read { state throws in
            #expect(try state.loadSessions(for: addresses).isEmpty)
            #expect(try state.loadIdentities(for: addresses).isEmpty)
            #expect(try state.loadSessions(for: [other]) == [other: first], "another name is another user")
            #expect(try state.loadIdentities(for: [other]) == [other: identity])
        }
    }

    mutating func renaming() async throws {
        let old = (0..<2).map { ProtocolAddress(name: "1_1@s.whatsapp.net", deviceID: UInt32($0)) }
        let new = (0..<2).map { ProtocolAddress(name: "1@lid", deviceID: UInt32($0)) }
        let similar = ProtocolAddress(name: "1_1@s.whatsapp.netx", deviceID: 0)
        let (first, second, identity) = (try self.sessionRecord(), try self.sessionRecord(), try self.identity())
        let senderKey = try SenderKeyRecord(using: &self.generator)
        let (oldKey, newKey) = (
            SenderKeyName(groupID: "5@g.us", sender: old[0]), SenderKeyName(groupID: "5@g.us", sender: new[0])
        )
        try await self.store.write { state in
            var changes = SignalChanges()
            changes.sessions = [old[0]: first, old[1]: first, new[1]: second, similar: first]
            changes.identities = [old[0]: identity]
            changes.senderKeys = [oldKey: senderKey]
            try state.commit(changes)
            try state.renameUser("1_1@s.whatsapp.net", to: "1@lid")
        }
        try await self.store.read { state throws in
            #expect(try state.loadSessions(for: old).isEmpty)
            #expect(
                try state.loadSessions(for: new) == [new[0]: first, new[1]: second],
                "a session with the new name is not replaced")
            #expect(try state.loadIdentities(for: old + new) == [new[0]: identity])
            #expect(try state.loadSenderKey(for: oldKey) == nil)
            #expect(try state.loadSenderKey(for: newKey) == senderKey)
            #expect(try state.loadSessions(for: [similar]) == [similar: first])
        }
    }

    mutating func preKeys() async throws {
        let keys = try (1...3).map { try PreKey(id: $0, using: &self.generator) }
        let spare = try PreKey(id: PreKey.ids.upperBound, using: &self.generator)
        #expect(try await self.store.read { try $0.loadNextPreKeyID() } == 1)
        #expect(try await self.store.read { try $0.hasUploadedPreKeys() } == false)
        try await self.store.write { try $0.savePreKeys(keys, areUploaded: false, nextID: 4) }
        try await self.store.read { state throws in
            #expect(try state.loadNextPreKeyID() == 4)
            #expect(try state.loadPreKeysToUpload(limit: 2) == Array(keys[..<2]))
            #expect(try state.loadPreKey(3) == keys[2])
            #expect(try !state.hasUploadedPreKeys())
        }
        try await self.store.write { try $0.markPreKeysUploaded([1, 3, 77]) }
        try await self.store.read { state throws in
            #expect(try state.loadPreKeysToUpload(limit: 10) == [keys[1]])
            #expect(try state.hasUploadedPreKeys())
        }
        try await self.store.write { state in
            try state.savePreKeys([spare], areUploaded: true, nextID: 1)
            var changes = SignalChanges()
            changes.consumedPreKeyID = 2
            try state.commit(changes)
        }
        try await self.store.read { state throws in
            #expect(try state.loadPreKeysToUpload(limit: 10).isEmpty)
            #expect(try state.loadPreKey(PreKey.ids.upperBound) == spare)
            #expect(try state.loadNextPreKeyID() == 1)
        }
    }
}

// Sender keys
extension DeviceStoreConformance {
    mutating func senderKeyHolders() async throws {
        let (identity, other) = (try self.identity(), try self.identity())
        @Sendable func holder(
            _ name: String, _ number: UInt32, _ identity: IdentityKey, _ keyID: UInt32 = 7, isConfirmed: Bool = false
        ) -> SenderKeyHolder {
            SenderKeyHolder(
                device: ProtocolAddress(name: name, deviceID: number), identity: identity, keyID: keyID,
                isConfirmed: isConfirmed)
        }
        let first = holder("1@s.whatsapp.net", 0, identity)
        let second = holder("1@s.whatsapp.net", 3, identity, .max, isConfirmed: true)
        let new = holder("1@s.whatsapp.net", 0, other, 8, isConfirmed: true)
        let taken = holder("1@lid", 3, other)
        try await self.store.write { state in
            try state.saveSenderKeyHolders([first, second], of: "5@g.us")
            try state.saveSenderKeyHolders([first], of: "6@g.us")
            try state.saveSenderKeyHolders([], of: "7@g.us")
        }
        try await self.store.write { try $0.saveSenderKeyHolders([new], of: "5@g.us") }
        try await self.store.read { state throws in
            #expect(try Set(state.loadSenderKeyHolders(of: "5@g.us")) == [new, second])
            #expect(try state.loadSenderKeyHolders(of: "6@g.us") == [first])
            #expect(try state.loadSenderKeyHolders(of: "7@g.us").isEmpty)
        }
        try await self.store.write { state in
            try state.saveSenderKeyHolders([taken], of: "5@g.us")
            try state.renameUser("1@s.whatsapp.net", to: "1@lid")
        }
        let renamed = holder("1@lid", 0, other, 8, isConfirmed: true)
        try await self.store.read { state throws in
            #expect(
                try Set(state.loadSenderKeyHolders(of: "5@g.us")) == [renamed, taken, second],
                "one whose new name is taken is not forgotten")
            #expect(try state.loadSenderKeyHolders(of: "6@g.us") == [holder("1@lid", 0, identity)])
        }
        try await self.store.write { try $0.deleteSenderKeyHolders(of: "5@g.us") }
        try await self.store.read { state throws in
            #expect(try state.loadSenderKeyHolders(of: "5@g.us").isEmpty)
            #expect(try state.loadSenderKeyHolders(of: "6@g.us").count == 1)
        }
    }
}
