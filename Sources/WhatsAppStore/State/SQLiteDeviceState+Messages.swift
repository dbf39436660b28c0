import CryptoPrimitives
import Foundation
import GRDB
import SignalProtocol
import WhatsAppBinary
import WhatsAppClient

extension SQLiteDeviceState {
    func saveSentMessages(_ messages: [SentMessage]) throws {
        for message in messages {
            let chat = message.chat.stored
            let content = try self.seal(message.content, .sentMessage(id: message.id, chat: chat))
            try self.execute(
                """
                INSERT INTO sentMessage (deviceId, chat, messageId, content, sentAt) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (deviceId, chat, messageId) DO UPDATE
                SET content = excluded.content, sentAt = excluded.sentAt
                """, [self.id, chat, message.id, content, message.sentAt.milliseconds])
        }
    }

    func loadSentMessage(id: String, chat: JID) throws -> SentMessage? {
        let sql = "SELECT content, sentAt FROM sentMessage WHERE deviceId = ? AND chat = ? AND messageId = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id, chat.stored, id]) else { return nil }
        let column = SecretColumn.sentMessage(id: id, chat: chat.stored)
        return SentMessage(
            id: id, chat: chat, content: SecretBytes(try self.open(row.value(0, column.name), column)),
            sentAt: try row.date(1, "sentMessage.sentAt"))
    }

    func countRetry(of id: String, chat: JID, for device: ProtocolAddress) throws -> Int {
        let sql = """
            INSERT INTO retry (deviceId, chat, messageId, name, number, count) VALUES (?, ?, ?, ?, ?, 1)
            ON CONFLICT (deviceId, chat, messageId, name, number) DO UPDATE SET count = count + 1
            RETURNING count
            """
        let counts = try Int.fetchAll(
            self.statement(sql), arguments: [self.id, chat.stored, id, device.name, device.deviceID])
        guard let count = counts.first else { throw StoreError.damaged(part: "retry.count") }
        return count
    }

    func loadRetryCount(of id: String, chat: JID, for device: ProtocolAddress) throws -> Int {
        let sql = """
            SELECT count FROM retry WHERE deviceId = ? AND chat = ? AND messageId = ? AND name = ? AND number = ?
            """
        return try Int.fetchOne(
            self.statement(sql), arguments: [self.id, chat.stored, id, device.name, device.deviceID]) ?? 0
    }

    func loadReceivedMessage(hash: [UInt8]) throws -> ReceivedMessage? {
        let sql = "SELECT messageId, sender, content, receivedAt FROM receivedMessage WHERE deviceId = ? AND hash = ?"
        guard let row = try Row.fetchOne(self.statement(sql), arguments: [self.id, Data(hash)]) else { return nil }
        let column = SecretColumn.receivedMessage(hash: hash)
        let content: Data? = try row.optional(2, column.name)
        return ReceivedMessage(
            id: try row.value(0, "receivedMessage.messageId"),
            sender: try JID(stored: row.value(1, "receivedMessage.sender"), "receivedMessage.sender"),
            outcome: try content.map { .decrypted(SecretBytes(try self.open($0, column))) } ?? .handled,
            receivedAt: try row.date(3, "receivedMessage.receivedAt"))
    }

    /// By the index receivedMessageSender.
    func hasReceivedMessage(id: String, from account: JID) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM receivedMessage WHERE deviceId = ? AND sender = ? AND messageId = ?)
            """
        return try Bool.fetchOne(self.statement(sql), arguments: [self.id, account.stored, id]) ?? false
    }

    func saveReceivedMessage(_ message: ReceivedMessage, hash: [UInt8]) throws {
        let content: Data? =
            switch message.outcome {
            case .decrypted(let plaintext): try self.seal(plaintext, .receivedMessage(hash: hash))
            case .handled: nil
            }
        try self.execute(
            """
            INSERT INTO receivedMessage (deviceId, hash, sender, messageId, content, receivedAt) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (deviceId, hash) DO UPDATE SET
                sender = excluded.sender, messageId = excluded.messageId, content = excluded.content,
                receivedAt = excluded.receivedAt
            """,
            [self.id, Data(hash), message.sender.stored, message.id, content, message.receivedAt.milliseconds])
    }

    /// By the indexes sentMessageTime and receivedMessageTime.
    func deleteMessages(sentBefore: Date, receivedBefore: Date) throws {
        try self.execute(
            "DELETE FROM sentMessage WHERE deviceId = ? AND sentAt < ?", [self.id, sentBefore.milliseconds])
        try self.execute(
            """
            DELETE FROM retry WHERE deviceId = ? AND NOT EXISTS (
                SELECT 1 FROM sentMessage AS sent WHERE sent.deviceId = retry.deviceId AND sent.chat = retry.chat
                    AND sent.messageId = retry.messageId)
            """, [self.id])
        try self.execute(
            "DELETE FROM receivedMessage WHERE deviceId = ? AND receivedAt < ?",
            [self.id, receivedBefore.milliseconds])
    }
}
