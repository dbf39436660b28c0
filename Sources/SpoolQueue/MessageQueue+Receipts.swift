public import Foundation
import GRDB
public import SpoolCore

/// News that the recipient's device has a message, or showed it.
public struct Receipt: Equatable, Sendable {
    public var wireID: WireMessageID
    /// Whose device tells it, digits only; `nil` when the network told no number.
    public var number: String?
    public var deliveredAt: Date
    /// Read implies delivered.
    public var readAt: Date?

    public init(wireID: WireMessageID, number: String? = nil, deliveredAt: Date, readAt: Date? = nil) {
        self.wireID = wireID
        self.number = number
        self.deliveredAt = deliveredAt
        self.readAt = readAt
    }
}

extension MessageQueue {
    /// Stores receipts, all in one commit. Times only move from unknown to known.
    ///
    /// A receipt settles as sent what nobody knew to be sent: an uncertain attempt, and a message that waits to be sent
    /// again, or for a person, because of one. While an attempt is under way its outcome decides. Times later than `now`,
    /// of a network whose clock is ahead, are stored as `now`. A receipt from somebody else than the recipient is ignored.
    public func recordReceipts(_ receipts: [Receipt], now: Date) async throws(QueueError) {
        try await self.transaction { try $0.recordReceipts(receipts, now: now) }
    }

    static func record(_ receipt: Receipt, _ now: Date, _ db: Database) throws {
        let readAt = receipt.readAt.map { min($0, now).milliseconds }
        // messageWire, all
        let message = try db.prepared(Self.receiver).first([.text(receipt.wireID.rawValue), .text(receipt.number)]) {
            (id: $0.integer(0), number: $0.text(1), device: $0.text(2), isOpen: $0.integer(3) == 1)
        }
        guard let message else { return }
        try db.prepared(Self.received).run([
            .integer(message.id), .integer(min(receipt.deliveredAt, now).milliseconds), .integer(readAt),
        ])
        if message.isOpen {
            try db.prepared(Self.sentAfterAll).run([.integer(now.milliseconds), .integer(message.id)])
        }
        guard !message.number.hasSuffix("@g.us") else { return }
        try Self.recordContact(message.number, message.device, receipt, readAt: readAt, now, db)
    }

    private static func recordContact(
        _ number: String, _ device: String, _ receipt: Receipt, readAt: Int64?, _ now: Date, _ db: Database
    ) throws {
        if readAt != nil, try !Self.isKnown(number, to: device, db) {
            try Self.changeLane(of: number, on: device, from: .cold, to: .known, db)
        }
        try db.prepared(Self.unblock).run([.text(number)])
        try db.prepared(Self.addReceipt).run([
            .text(device), .text(number), .integer(min(receipt.deliveredAt, now).milliseconds), .integer(readAt),
        ])
    }

    private static let receiver = """
        SELECT id, number, device, finishedAt IS NULL FROM message
        WHERE wireId = ?1 AND wireId IS NOT NULL AND \(Self.isFromRecipient("?2"))
        """
    private static let received =
        "UPDATE message SET deliveredAt = coalesce(deliveredAt, ?2), readAt = coalesce(readAt, ?3) WHERE id = ?1"
    private static let sentAfterAll = """
        UPDATE message SET \(Self.sentByReceipt), finishedAt = ?1
        WHERE id = ?2
        AND (status = 'processing' AND uncertainAt IS NOT NULL OR status = 'pending' AND isUncertain = 1)
        """
    private static let unblock =
        "UPDATE recipient SET blockedUntil = NULL, reachTries = 0 WHERE number = ? AND reachTries > 0"
    private static let addReceipt = """
        INSERT INTO contact (device, number, lastDeliveredAt, lastReadAt) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET lastDeliveredAt = max(coalesce(lastDeliveredAt, 0), excluded.lastDeliveredAt),
            lastReadAt = coalesce(max(coalesce(lastReadAt, 0), excluded.lastReadAt), lastReadAt)
        """

    /// Compares the last digits only: where mobile numbers were once lengthened (Argentina, Brazil, Mexico), an account's
    /// own number may lack, or have, a digit behind the country code that the number it was asked for by has not.
    private static func isFromRecipient(_ number: String) -> String {
        "(\(number) IS NULL OR number LIKE '%@%' OR substr(number, -7) = substr(\(number), -7))"
    }

    /// The columns of a message whose receipt says that it was sent, but for `finishedAt`.
    static let sentByReceipt = """
        status = 'sent', sentAt = deliveredAt, leaseUntil = NULL, uncertainAt = NULL, heldAt = NULL, reason = NULL
        """
}
