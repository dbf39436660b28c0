import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import WhatsAppClient

extension SQLiteDeviceState {
    func loadDevice() throws -> LinkedDevice {
        guard let device = try DeviceRow.load(id: self.id, self.seal, self.db) else {
            throw StoreError.noSuchDevice(self.name)
        }
        return device
    }

    func saveDevice(_ device: LinkedDevice) throws {
        guard try DeviceRow.update(device, id: self.id, self.seal, self.db) else {
            throw StoreError.noSuchDevice(self.name)
        }
    }

    func reset(to device: LinkedDevice) throws {
        // The device may have another name by now.
        let names = try String.fetchAll(
            self.statement("DELETE FROM device WHERE id = ? RETURNING name"), arguments: [self.id])
        guard let name = names.first else { throw StoreError.noSuchDevice(self.name) }
        try DeviceRow.insert(device, named: name, id: self.id, self.seal, self.db)
    }

    func loadLocalIdentity() throws -> LocalIdentity {
        let sql = "SELECT identityKey, registrationId FROM device WHERE id = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id]) else {
            throw StoreError.noSuchDevice(self.name)
        }
        let column = SecretColumn.identityKey
        let keyPair = try KeyPair(stored: self.open(row.value(0, column.name), column), column)
        return LocalIdentity(
            identityKeyPair: IdentityKeyPair(keyPair), registrationID: try row.value(1, "device.registrationId"))
    }

    func loadSignedPreKey(_ id: UInt32) throws -> SignedPreKey? {
        let sql = "SELECT signedPreKey, signedPreKeySignature FROM device WHERE id = ? AND signedPreKeyId = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id, id]) else { return nil }
        let column = SecretColumn.signedPreKey
        return SignedPreKey(
            id: id, keyPair: try KeyPair(stored: self.open(row.value(0, column.name), column), column),
            signature: try row.bytes(1, "device.signedPreKeySignature"))
    }
}

// One-time pre-keys
extension SQLiteDeviceState {
    func loadNextPreKeyID() throws -> UInt32 {
        let sql = "SELECT nextPreKeyId FROM device WHERE id = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id]) else {
            throw StoreError.noSuchDevice(self.name)
        }
        return try row.value(0, "device.nextPreKeyId")
    }

    func savePreKeys(_ keys: [PreKey], areUploaded: Bool, nextID: UInt32) throws {
        try self.execute("UPDATE device SET nextPreKeyId = ? WHERE id = ?", [nextID, self.id])
        guard self.db.changesCount == 1 else { throw StoreError.noSuchDevice(self.name) }
        for key in keys {
            try self.execute(
                "INSERT OR REPLACE INTO preKey (deviceId, id, keyPair, isUploaded) VALUES (?, ?, ?, ?)",
                [self.id, key.id, try self.seal(key.keyPair.stored, .preKey(key.id)), areUploaded])
        }
    }

    func loadPreKey(_ id: UInt32) throws -> PreKey? {
        let sql = "SELECT id, keyPair FROM preKey WHERE deviceId = ? AND id = ?"
        return try Row.fetchOne(self.statement(sql), arguments: [self.id, id]).map { try self.preKey($0) }
    }

    /// By the index preKeyUploaded.
    func loadPreKeysToUpload(limit: Int) throws -> [PreKey] {
        let sql = """
            SELECT id, keyPair FROM preKey WHERE deviceId = ? AND isUploaded = 0 ORDER BY sequence LIMIT ?
            """
        return try Row.fetchAll(self.statement(sql), arguments: [self.id, max(0, limit)]).map { try self.preKey($0) }
    }

    /// By the index preKeyUploaded.
    func hasUploadedPreKeys() throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM preKey WHERE deviceId = ? AND isUploaded = 1)"
        return try Bool.fetchOne(self.statement(sql), arguments: [self.id]) ?? false
    }

    func markPreKeysUploaded(_ ids: [UInt32]) throws {
        for id in ids {
            try self.execute("UPDATE preKey SET isUploaded = 1 WHERE deviceId = ? AND id = ?", [self.id, id])
        }
    }

    private func preKey(_ row: Row) throws -> PreKey {
        let id: UInt32 = try row.value(0, "preKey.id")
        let column = SecretColumn.preKey(id)
        return PreKey(id: id, keyPair: try KeyPair(stored: self.open(row.value(1, column.name), column), column))
    }
}
