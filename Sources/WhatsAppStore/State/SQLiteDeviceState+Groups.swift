import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import WhatsAppClient

extension SQLiteDeviceState {
    func loadSenderKeyHolders(of groupID: String) throws -> [SenderKeyHolder] {
        let sql = """
            SELECT name, number, identity, keyId, isConfirmed FROM senderKeyHolder WHERE deviceId = ? AND groupId = ?
            """
        return try Row.fetchAll(self.statement(sql), arguments: [self.id, groupID]).map { row in
            guard let identity = try? PublicKey(row.bytes(2, "senderKeyHolder.identity")) else {
                throw StoreError.damaged(part: "senderKeyHolder.identity")
            }
            return SenderKeyHolder(
                device: ProtocolAddress(
                    name: try row.value(0, "senderKeyHolder.name"),
                    deviceID: try row.value(1, "senderKeyHolder.number")),
                identity: IdentityKey(identity), keyID: try row.value(3, "senderKeyHolder.keyId"),
                isConfirmed: try row.value(4, "senderKeyHolder.isConfirmed"))
        }
    }

    func saveSenderKeyHolders(_ holders: [SenderKeyHolder], of groupID: String) throws {
        for holder in holders {
            try self.execute(
                """
                INSERT INTO senderKeyHolder (deviceId, groupId, name, number, identity, keyId, isConfirmed)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (deviceId, groupId, name, number) DO UPDATE SET
                    identity = excluded.identity, keyId = excluded.keyId, isConfirmed = excluded.isConfirmed
                """,
                [
                    self.id, groupID, holder.device.name, holder.device.deviceID,
                    Data(holder.identity.publicKey.bytes), holder.keyID, holder.isConfirmed,
                ])
        }
    }

    func deleteSenderKeyHolders(of groupID: String) throws {
        try self.execute("DELETE FROM senderKeyHolder WHERE deviceId = ? AND groupId = ?", [self.id, groupID])
    }

    /// By the index senderKeyHolderName. One whose new name is taken stays.
    func renameSenderKeyHolders(_ old: String, _ new: String) throws {
        try self.execute(
            "UPDATE OR IGNORE senderKeyHolder SET name = ? WHERE deviceId = ? AND name = ?", [new, self.id, old])
    }
}
