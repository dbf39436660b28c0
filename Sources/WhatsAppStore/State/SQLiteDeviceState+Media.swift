import CryptoPrimitives
import Foundation
import GRDB
import WhatsAppClient
import WhatsAppCrypto

extension SQLiteDeviceState {
    func loadMediaUpload(_ key: MediaUploadKey) throws -> MediaUpload? {
        let sql = """
            SELECT mediaKey, encryptedHash, fileLength, url, directPath, keyMadeAt, uploadedAt FROM mediaUpload
            WHERE deviceId = ? AND fileHash = ? AND kind = ?
            """
        let row = try Row.fetchOne(
            self.statement(sql), arguments: [self.id, Data(key.fileSHA256), key.kind.pathElement])
        guard let row else { return nil }
        let column = SecretColumn.mediaUpload(key)
        return MediaUpload(
            mediaKey: SecretBytes(try self.open(row.value(0, column.name), column)),
            fileEncSHA256: try row.bytes(1, "mediaUpload.encryptedHash"),
            fileLength: try row.value(2, "mediaUpload.fileLength"), url: try row.value(3, "mediaUpload.url"),
            directPath: try row.value(4, "mediaUpload.directPath"),
            keyMadeAt: try row.date(5, "mediaUpload.keyMadeAt"),
            uploadedAt: try row.date(6, "mediaUpload.uploadedAt"))
    }

    func saveMediaUpload(_ upload: MediaUpload, for key: MediaUploadKey) throws {
        try self.execute(
            """
            INSERT INTO mediaUpload
                (deviceId, fileHash, kind, mediaKey, encryptedHash, fileLength, url, directPath, keyMadeAt, uploadedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (deviceId, fileHash, kind) DO UPDATE SET
                mediaKey = excluded.mediaKey, encryptedHash = excluded.encryptedHash, fileLength = excluded.fileLength,
                url = excluded.url, directPath = excluded.directPath, keyMadeAt = excluded.keyMadeAt,
                uploadedAt = excluded.uploadedAt
            """,
            [
                self.id, Data(key.fileSHA256), key.kind.pathElement,
                try self.seal(upload.mediaKey, .mediaUpload(key)), Data(upload.fileEncSHA256),
                Int64(clamping: upload.fileLength), upload.url, upload.directPath, upload.keyMadeAt.milliseconds,
                upload.uploadedAt.milliseconds,
            ])
    }

    func deleteMediaUpload(_ key: MediaUploadKey) throws {
        try self.execute(
            "DELETE FROM mediaUpload WHERE deviceId = ? AND fileHash = ? AND kind = ?",
            [self.id, Data(key.fileSHA256), key.kind.pathElement])
    }

    /// By the index mediaUploadTime.
    func deleteMediaUploads(before date: Date) throws {
        try self.execute(
            "DELETE FROM mediaUpload WHERE deviceId = ? AND uploadedAt < ?", [self.id, date.milliseconds])
    }
}
