import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto

/// A device's own row.
enum DeviceRow {
    /// Inserts a row with a fresh id, or with `id`, and gives the id.
    @discardableResult
    static func insert(
        _ device: LinkedDevice, named name: String, id: Int64? = nil, _ seal: Seal, _ db: Database
    ) throws -> Int64 {
        // The secrets are sealed for the row, so its id has to be known first. It is not used again for another device.
        let fresh = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'device'), 0) + 1"
        let id = try id ?? Int64.fetchOne(db, sql: fresh) ?? 1
        let columns = try Self.columns(device, id, seal)
        let names = columns.map(\.name).joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try db.cachedStatement(sql: "INSERT INTO device (id, name, \(names)) VALUES (?, ?, \(marks))")
        try statement.execute(arguments: [id, name] + StatementArguments(columns.map(\.value)))
        return id
    }

    /// - Returns: false when there is no such row.
    static func update(_ device: LinkedDevice, id: Int64, _ seal: Seal, _ db: Database) throws -> Bool {
        let columns = try Self.columns(device, id, seal)
        let changes = columns.map { "\($0.name) = ?" }.joined(separator: ", ")
        let statement = try db.cachedStatement(sql: "UPDATE device SET \(changes) WHERE id = ?")
        try statement.execute(arguments: StatementArguments(columns.map(\.value)) + [id])
        return db.changesCount == 1
    }

    static func load(id: Int64, _ seal: Seal, _ db: Database) throws -> LinkedDevice? {
        let sql = """
            SELECT noiseKey, identityKey, registrationId, signedPreKeyId, signedPreKey, signedPreKeySignature, advSecret,
                jid, lid, platform, businessName, identity,
                isLoggedOut, pushName, routingInfo, nctSalt, lidMigratedAt, companionMetaNonce
            FROM device WHERE id = ?
            """
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else { return nil }
        let secrets = RowSecrets(row: row, id: id, seal: seal)
        var device = LinkedDevice(keys: try Self.keys(row, secrets), account: try Self.account(row))
        device.isLoggedOut = try row.value(12, "device.isLoggedOut")
        device.pushName = try row.optional(13, "device.pushName")
        device.routingInfo = row.hasNull(atIndex: 14) ? nil : try row.bytes(14, "device.routingInfo")
        device.nctSalt = try secrets.optional(15, .nctSalt).map { SecretBytes($0) }
        device.lidMigrationDate = row.hasNull(atIndex: 16) ? nil : try row.date(16, "device.lidMigratedAt")
        device.companionMetaNonce = try secrets.optional(17, .companionMetaNonce).map {
            String(decoding: $0, as: UTF8.self)
        }
        return device
    }

    private static func keys(_ row: Row, _ secrets: RowSecrets) throws -> DeviceKeys {
        let identity = IdentityKeyPair(try KeyPair(stored: secrets.required(1, .identityKey), .identityKey))
        let signedPreKey = SignedPreKey(
            id: try row.value(3, "device.signedPreKeyId"),
            keyPair: try KeyPair(stored: secrets.required(4, .signedPreKey), .signedPreKey),
            signature: try row.bytes(5, "device.signedPreKeySignature"))
        return DeviceKeys(
            noiseKey: try KeyPair(stored: secrets.required(0, .noiseKey), .noiseKey),
            identity: LocalIdentity(
                identityKeyPair: identity, registrationID: try row.value(2, "device.registrationId")),
            signedPreKey: signedPreKey, advSecret: SecretBytes(try secrets.required(6, .advSecret)))
    }

    private static func account(_ row: Row) throws -> LinkedAccount? {
        guard !row.hasNull(atIndex: 7) else { return nil }
        let lid: String? = try row.optional(8, "device.lid")
        guard let identity = try? DeviceIdentity(serialized: row.bytes(11, "device.identity")) else {
            throw StoreError.damaged(part: "device.identity")
        }
        return LinkedAccount(
            jid: try JID(stored: row.value(7, "device.jid"), "device.jid"),
            lid: try lid.map { text throws(StoreError) in try JID(stored: text, "device.lid") },
            platform: try row.optional(9, "device.platform"), businessName: try row.optional(10, "device.businessName"),
            identity: identity)
    }

    private typealias Column = (name: String, value: (any DatabaseValueConvertible)?)

    private static func columns(_ device: LinkedDevice, _ id: Int64, _ seal: Seal) throws -> [Column] {
        let (keys, account) = (device.keys, device.account)
        func sealed(_ secret: some ContiguousBytes, _ column: SecretColumn) throws -> Data {
            try seal.seal(secret, column, ofDevice: id)
        }
        return [
            ("noiseKey", try sealed(keys.noiseKey.stored, .noiseKey)),
            ("identityKey", try sealed(keys.identity.identityKeyPair.keyPair.stored, .identityKey)),
            ("registrationId", keys.identity.registrationID),
            ("signedPreKeyId", keys.signedPreKey.id),
            ("signedPreKey", try sealed(keys.signedPreKey.keyPair.stored, .signedPreKey)),
            ("signedPreKeySignature", Data(keys.signedPreKey.signature)),
            ("advSecret", try sealed(keys.advSecret, .advSecret)),
            ("jid", account?.jid.stored),
            ("lid", account?.lid?.stored),
            ("platform", account?.platform),
            ("businessName", account?.businessName),
            ("identity", try account.map { Data(try $0.identity.serialized()) }),
            ("isLoggedOut", device.isLoggedOut),
            ("pushName", device.pushName),
            ("routingInfo", device.routingInfo.map { Data($0) }),
            ("nctSalt", try device.nctSalt.map { try sealed($0, .nctSalt) }),
            ("lidMigratedAt", device.lidMigrationDate?.milliseconds),
            (
                "companionMetaNonce",
                try device.companionMetaNonce.map { try sealed(Array($0.utf8), .companionMetaNonce) }
            ),
        ]
    }
}

/// The sealed columns of a device's row.
private struct RowSecrets {
    let row: Row
    let id: Int64
    let seal: Seal

    func required(_ index: Int, _ column: SecretColumn) throws(StoreError) -> [UInt8] {
        try self.seal.open(self.row.value(index, column.name), column, ofDevice: self.id)
    }

    func optional(_ index: Int, _ column: SecretColumn) throws(StoreError) -> [UInt8]? {
        self.row.hasNull(atIndex: index) ? nil : try self.required(index, column)
    }
}
