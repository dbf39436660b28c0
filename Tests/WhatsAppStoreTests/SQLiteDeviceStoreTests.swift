import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppStoreConformance

@testable import WhatsAppStore

@Suite struct SQLiteDeviceStoreTests {
    @Test(arguments: [false, true])
    func `the store in SQLite does what every store does`(isEncrypted: Bool) async throws {
        let key = isEncrypted ? try StoreKey.test(1) : nil
        let test = try TestDevices(key: key)
        let names = NameSource()
        try await DeviceStoreConformance.check { try await test.database.addDevice($0, named: names.next()) }
    }

    @Test func `a connection finds its credentials and what it stored of its linking`() async throws {
        let test = try TestDevices()
        let store = try await test.database.addDevice(LinkedDevice(keys: test.device.keys), named: "a")
        let credentials = StoredCredentials(store)
        let account = try #require(test.device.account)
        #expect(try await credentials.loadCredentials().jid == nil)
        try await credentials.saveLinkedAccount(account)
        #expect(try await credentials.loadCredentials().lid == account.lid)
        let phone = ProtocolAddress(try #require(account.lid).account)
        let identities = try await store.read { try $0.loadIdentities(for: [phone]) }
        #expect(identities[phone] == IdentityKey(account.identity.accountKey))
        try await credentials.markLoggedOut(.requested)
        #expect(try await credentials.loadCredentials().isLoggedOut)
    }

    @Test func `what two devices keep of the same people is apart`() async throws {
        let test = try TestDevices()
        let one = try await test.addFull("one")
        let two = try await test.database.addDevice(test.device, named: "two")
        try await two.write { try $0.saveMapping(LIDMapping(lid: "9", pn: "15550002222")) }
        let chat = try TestDevices.chat.get()
        try await one.read { state throws in
            #expect(try state.loadLID(ofPN: "15550002222") == "200000000000002")
            #expect(try state.loadSessions(for: [TestDevices.peer]) == [TestDevices.peer: test.record])
        }
        try await two.read { state throws in
            #expect(try state.loadLID(ofPN: "15550002222") == "9")
            #expect(try state.loadSessions(for: [TestDevices.peer]).isEmpty)
            #expect(try state.loadSentMessage(id: "A", chat: chat) == nil)
            #expect(try state.loadNextPreKeyID() == 1)
        }
    }

    @Test func `names that look like JSON, SQL or nothing are names`() async throws {
        let test = try TestDevices()
        let store = try await test.database.addDevice(test.device, named: "a")
        let names = [#"a"b"#, #"a\b"#, "a\u{1}b", "a\u{1F}b", "'; DROP TABLE session; --", "", "[", "Zoë 🙂", "a\nb"]
        let addresses = names.flatMap { name in
            [0, 3, UInt32.max].map { ProtocolAddress(name: name, deviceID: $0) }
        }
        try await store.write { state in
            var changes = SignalChanges()
            for address in addresses { changes.identities[address] = test.record.remoteIdentity }
            try state.commit(changes)
        }
        let found = try await store.read { try $0.loadIdentities(for: addresses + addresses) }
        #expect(Set(found.keys) == Set(addresses))
        let numbers = try await store.write { state in
            try state.saveNumberLookups(
                Dictionary(uniqueKeysWithValues: names.map { ($0, NumberLookup(account: nil, askedAt: .distantPast)) }))
            return try state.loadNumberLookups(of: names).count
        }
        #expect(numbers == names.count)
    }

    @Test(arguments: [false, true])
    func `what is empty is stored as empty and not as absent`(isEncrypted: Bool) async throws {
        let test = try TestDevices(key: isEncrypted ? .test(1) : nil)
        let chat = try TestDevices.chat.get()
        var device = test.device
        device.routingInfo = []
        device.pushName = ""
        device.companionMetaNonce = ""
        device.nctSalt = SecretBytes([UInt8]())
        let store = try await test.database.addDevice(device, named: "a")
        let sent = SentMessage(id: "", chat: chat, content: SecretBytes([UInt8]()), sentAt: TestDevices.date)
        let received = ReceivedMessage(
            id: "", sender: chat, outcome: .decrypted(SecretBytes([UInt8]())), receivedAt: TestDevices.date)
        try await store.write { state in
            try state.saveSentMessages([sent])
            try state.saveReceivedMessage(received, hash: TestDevices.hash)
        }
        let expected = device
        try await store.read { state throws in
            #expect(try state.loadDevice() == expected)
            #expect(try state.loadSentMessage(id: "", chat: chat) == sent)
            #expect(try state.loadReceivedMessage(hash: TestDevices.hash) == received)
        }
    }

    @Test func `a device list that is asked for twice comes once`() async throws {
        let test = try TestDevices()
        let store = try await test.addFull("a")
        let chat = try TestDevices.chat.get()
        let lists = try await store.read { try $0.loadDeviceLists(of: [chat, chat]) }
        #expect(lists[chat]?.devices == [.init(id: 3, keyIndex: 1)])
    }

    @Test func `addresses keep all their parts`() throws {
        let jids = [
            try JID("1@lid"), try JID("15550001111:12@s.whatsapp.net"), try JID("1.7:3@interop"), JID.service,
            try JID(user: "8-1", server: .interop, device: 2, agent: 0, integrator: 9), try JID("status@broadcast"),
            try JID(user: "", server: JID.Server(rawValue: "elsewhere")),
        ]
        for jid in jids { #expect(try JID(stored: jid.stored, "test") == jid) }
        #expect(Set(jids.map(\.stored)).count == jids.count)
        for text in ["", " ", "1@lid x", "1@lid 70000", "1@lid 1 1", "1:@lid", "nowhere"] {
            #expect(throws: StoreError.damaged(part: "test")) { try JID(stored: text, "test") }
        }
    }

    @Test(
        arguments: [
            (-62_135_769_600, -62_135_769_600_000), (-0.0004, -1), (.infinity, 1_000_000_000_000_000),
            (-.infinity, -1_000_000_000_000_000), (.nan, 0), (1_700_000_000.25, 1_700_000_000_250),
        ] as [(Double, Int64)])
    func `every date has milliseconds`(seconds: Double, milliseconds: Int64) {
        #expect(Date(timeIntervalSince1970: seconds).milliseconds == milliseconds)
    }

    @Test(arguments: [
        "UPDATE device SET registrationId = -1", "UPDATE device SET jid = '1:@lid'",
        "UPDATE device SET identity = x'00'", "UPDATE device SET noiseKey = x'0102'",
    ])
    func `a damaged row is said by its column`(sql: String) async throws {
        let test = try TestDevices()
        let store = try await test.addFull("a")
        try await test.execute("PRAGMA ignore_check_constraints = ON")
        try await test.execute(sql)
        let error = try await #require(throws: StoreError.self) { try await store.read { try $0.loadDevice() } }
        guard case .damaged(let part) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(part.hasPrefix("device."))
    }

    @Test func `a session that cannot be read is the store's fault`() async throws {
        let test = try TestDevices()
        let store = try await test.addFull("a")
        try await test.execute("UPDATE session SET record = x'0102'")
        try await test.execute("UPDATE senderKey SET record = x''")
        await #expect(throws: StoreError.damaged(part: "session.record")) {
            try await store.read { try $0.loadSessions(for: [TestDevices.peer]) }
        }
        await #expect(throws: StoreError.damaged(part: "senderKey.record")) {
            try await store.read { try $0.loadSenderKey(for: TestDevices.groupKey) }
        }
    }
}

/// Names for as many devices as a test makes.
private actor NameSource {
    private var count = 0

    func next() -> String {
        self.count += 1
        return "device-\(self.count)"
    }
}
