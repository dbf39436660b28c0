import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
public import WhatsAppClient

/// What every `DeviceStore` has to do. A test suite of a store calls `check` with a way to make an empty one.
public struct DeviceStoreConformance {
    /// Makes an empty store for a device.
    public typealias Maker = @Sendable (LinkedDevice) async throws -> any DeviceStore

    static let seed: UInt64 = 11
    static let date = Date(timeIntervalSince1970: 1_700_000_000)

    let store: any DeviceStore
    let device: LinkedDevice
    var generator: SeededGenerator

    init(_ make: Maker) async throws {
        self.generator = SeededGenerator(seed: Self.seed)
        self.device = LinkedDevice(keys: try DeviceKeys(using: &self.generator))
        self.store = try await make(self.device)
    }

    /// Goes through all of it, with a fresh store for each part.
    public static func check(_ make: @escaping Maker) async throws {
        let parts: [(inout Self) async throws -> Void] = [
            { try await $0.transactions() }, { try await $0.writersInParallel() }, { try await $0.deviceFields() },
            { try await $0.reset() }, { try await $0.sessions() }, { try await $0.renaming() },
            { try await $0.preKeys() }, { try await $0.mappings() }, { try await $0.deviceLists() },
            { try await $0.numberLookups() }, { try await $0.privacyTokens() }, { try await $0.sentMessages() },
            { try await $0.receivedMessages() }, { try await $0.mediaUploads() }, { try await $0.senderKeyHolders() },
        ]
        for part in parts {
            var conformance = try await Self(make)
            try await part(&conformance)
        }
    }

    static func jid(_ text: String) throws -> JID { try JID(text) }

    mutating func secret(_ count: Int = 40) -> SecretBytes { .random(count: count, using: &self.generator) }

    mutating func identity() throws -> IdentityKey { IdentityKey(try KeyPair(using: &self.generator).publicKey) }
}

private struct Refusal: Error, Equatable {}

// Transactions
extension DeviceStoreConformance {
    func transactions() async throws {
        await #expect(throws: Refusal.self, "an error of the body comes out of write") {
            try await self.store.write { state in
                try state.saveMapping(LIDMapping(lid: "1", pn: "2"))
                #expect(try state.loadLID(ofPN: "2") == "1", "a transaction sees its own changes")
                throw Refusal()
            }
        }
        #expect(try await self.store.read { try $0.loadLID(ofPN: "2") } == nil, "what threw has not happened")
        let value = try await self.store.write { state in
            try state.saveMapping(LIDMapping(lid: "3", pn: "4"))
            return 5
        }
        #expect(value == 5)
        #expect(try await self.store.read { try $0.loadLID(ofPN: "4") } == "3")
        await #expect(throws: Refusal.self) { try await self.store.read { _ in throw Refusal() } }
    }

    /// Bodies that throw among bodies that do not, all at once: they may share a commit, but not a fate.
    func writersInParallel() async throws {
        let store = self.store
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try? await store.write { state in
                        let id = try state.loadNextPreKeyID()
                        try state.savePreKeys([], areUploaded: true, nextID: id + 1)
                        try state.saveMapping(LIDMapping(lid: "\(number)", pn: "\(number)"))
                        if number.isMultiple(of: 4) { throw Refusal() }
                    }
                }
            }
        }
        let (next, stored) = try await store.read { state throws in
            (try state.loadNextPreKeyID(), try (0..<40).filter { try state.loadPN(ofLID: "\($0)") != nil })
        }
        #expect(next == 31)
        #expect(stored == (0..<40).filter { !$0.isMultiple(of: 4) })
    }
}

// The device
extension DeviceStoreConformance {
    mutating func deviceFields() async throws {
        #expect(try await self.store.read { try $0.loadDevice() } == self.device)
        #expect(try await self.store.read { try $0.loadLocalIdentity() } == self.device.keys.identity)
        #expect(try await self.store.read { try $0.loadSignedPreKey(1) } == self.device.keys.signedPreKey)
        #expect(try await self.store.read { try $0.loadSignedPreKey(2) } == nil)

        let full = try self.fullDevice()
        try await self.store.write { try $0.saveDevice(full) }
        #expect(try await self.store.read { try $0.loadDevice() } == full)
        let identity = try await self.store.read { try $0.loadLocalIdentity() }
        #expect(identity == full.keys.identity, "the identity is the one of the keys")
    }

    mutating func fullDevice() throws -> LinkedDevice {
        let account = try LinkedAccountFixture(using: &self.generator).account
        var full = LinkedDevice(keys: try DeviceKeys(using: &self.generator), account: account)
        full.isLoggedOut = true
        full.pushName = "Spool ✓"
        full.routingInfo = [1, 2, 3]
        full.nctSalt = self.secret(32)
        full.lidMigrationDate = Self.date
        full.companionMetaNonce = "nonce"
        return full
    }

    mutating func reset() async throws {
        let key = try PreKey(id: 7, using: &self.generator)
        let peer = ProtocolAddress(name: "1@lid", deviceID: 0)
        let (record, identity) = (try self.sessionRecord(), try self.identity())
        try await self.store.write { state in
            try state.savePreKeys([key], areUploaded: true, nextID: 8)
            try state.saveMapping(LIDMapping(lid: "1", pn: "2"))
            var changes = SignalChanges()
            changes.sessions[peer] = record
            changes.identities[peer] = identity
            try state.commit(changes)
        }
        let new = LinkedDevice(keys: try DeviceKeys(using: &self.generator))
        try await self.store.write { try $0.reset(to: new) }
        try await self.store.read { state throws in
            #expect(try state.loadDevice() == new)
            #expect(try state.loadNextPreKeyID() == 1)
            #expect(try state.loadPreKey(7) == nil)
            #expect(try state.loadLID(ofPN: "2") == nil)
            #expect(try state.loadSessions(for: [peer]).isEmpty)
            #expect(try state.loadIdentities(for: [peer]).isEmpty)
        }
    }
}
