import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import SpoolTestSupport
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppStoreConformance

@testable import WhatsAppStore

/// A database in a directory of its own, and what a device may keep there.
struct TestDevices {
    static let seed: UInt64 = 4
    static let date = Date(timeIntervalSince1970: 1_700_000_000)

    let directory: TemporaryDirectory
    let database: DeviceDatabase
    /// With all fields set.
    let device: LinkedDevice
    /// A secret that is stored in every column that has room for one.
    let secret: SecretBytes
    let preKey: PreKey
    let record: SessionRecord
    let senderKey: SenderKeyRecord

    var path: String { self.database.path }

    static func path(in directory: TemporaryDirectory) -> String { directory.path("state/devices.db") }

    init(in directory: TemporaryDirectory, key: StoreKey? = nil) throws {
        var generator = SeededGenerator(seed: Self.seed)
        self.directory = directory
        self.database = try DeviceDatabase(path: Self.path(in: directory), key: key)
        var device = try LinkedAccountFixture(using: &generator).device
        self.secret = .random(count: 32, using: &generator)
        device.keys.advSecret = self.secret
        device.nctSalt = self.secret
        device.companionMetaNonce = "a nonce to look for"
        device.pushName = "Spool"
        device.routingInfo = [1, 2, 3]
        self.device = device
        self.preKey = try PreKey(id: 7, using: &generator)
        let peer = try LocalIdentity(using: &generator)
        let signed = try SignedPreKey(id: 1, signedBy: peer.identityKeyPair, using: &generator)
        self.record = try SessionRecord(
            startingWith: PreKeyBundle(of: peer, signedPreKey: signed, preKey: nil), as: device.keys.identity,
            after: nil, using: &generator)
        self.senderKey = try SenderKeyRecord(using: &generator)
    }

    init(key: StoreKey? = nil) throws {
        try self.init(in: TemporaryDirectory(), key: key)
    }

    static let peer = ProtocolAddress(name: "200000000000002@lid", deviceID: 0)
    static let groupKey = SenderKeyName(groupID: "5@g.us", sender: peer)
    static let chat = Result { try JID("200000000000002@lid") }
    static let hash = [UInt8](repeating: 7, count: 32)

    static let mediaKey = MediaUploadKey(fileSHA256: hash, kind: .document)

    var mediaUpload: MediaUpload {
        MediaUpload(
            mediaKey: self.secret, fileEncSHA256: Self.hash, fileLength: 5, url: "https://m.example/v/1",
            directPath: "/v/1", keyMadeAt: Self.date, uploadedAt: Self.date)
    }

    /// A device with something in every table.
    @discardableResult
    func addFull(_ name: String) async throws -> SQLiteDeviceStore {
        let store = try await self.database.addDevice(self.device, named: name)
        let chat = try Self.chat.get()
        try await store.write { [self] state in
            var changes = SignalChanges()
            changes.sessions[Self.peer] = self.record
            changes.identities[Self.peer] = self.record.remoteIdentity
            changes.senderKeys[Self.groupKey] = self.senderKey
            try state.commit(changes)
            try state.savePreKeys([self.preKey], areUploaded: false, nextID: 8)
            try state.saveMapping(LIDMapping(lid: "200000000000002", pn: "15550002222"))
            try state.saveDeviceList(DeviceList(devices: [.init(id: 3, keyIndex: 1)], fetchedAt: Self.date), of: chat)
            try state.saveNumberLookups(["15550002222": NumberLookup(account: chat, askedAt: Self.date)])
            try state.savePrivacyToken(PrivacyToken(token: self.secret, date: Self.date), of: chat)
            try state.saveTokenIssueDate(Self.date, for: chat)
            try state.saveSentMessages([SentMessage(id: "A", chat: chat, content: self.secret, sentAt: Self.date)])
            _ = try state.countRetry(of: "A", chat: chat, for: Self.peer)
            let received = ReceivedMessage(
                id: "B", sender: chat, outcome: .decrypted(self.secret), receivedAt: Self.date)
            try state.saveReceivedMessage(received, hash: Self.hash)
            let holder = SenderKeyHolder(
                device: Self.peer, identity: self.record.remoteIdentity, keyID: 5, isConfirmed: true)
            try state.saveSenderKeyHolders([holder], of: Self.groupKey.groupID)
            try state.saveMediaUpload(self.mediaUpload, for: Self.mediaKey)
        }
        return store
    }

    /// What there is in the database, table by table, rows in order.
    func content() async throws -> [String: [[String]]] {
        try await self.database.access.read { db in
            var content: [String: [[String]]] = [:]
            for table in try Self.tables(db) {
                let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1, 2, 3")
                content[table] = rows.map { row in row.databaseValues.map(Self.text) }
            }
            return content
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        guard case .blob(let data) = value.storage else { return value.description }
        return Array(data).hex
    }

    /// How many rows of each table belong to a device.
    func rowCounts(ofDevice id: Int64) async throws -> [String: Int] {
        try await self.database.access.read { db in
            var counts: [String: Int] = [:]
            for table in try Self.tables(db) where table != "device" && table != "seal" {
                counts[table] = try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM \(table) WHERE deviceId = ?", arguments: [id])
            }
            return counts
        }
    }

    private static func tables(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_master
                WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'
                """)
    }

    func execute(_ sql: String) async throws {
        try await self.database.access.writeWithoutTransaction { db in try db.execute(sql: sql) }
    }

    /// Whether the bytes are anywhere in the database's files.
    func filesContain(_ bytes: some ContiguousBytes) throws -> Bool {
        let bytes = bytes.withUnsafeBytes { Data($0) }
        return try ["", "-wal"].contains { suffix in
            try Data(contentsOf: URL(filePath: self.path + suffix)).range(of: bytes) != nil
        }
    }
}

extension StoreKey {
    static func test(_ byte: UInt8) throws -> StoreKey {
        try StoreKey(fileContent: SecretBytes([UInt8](repeating: byte, count: 32)))
    }
}
