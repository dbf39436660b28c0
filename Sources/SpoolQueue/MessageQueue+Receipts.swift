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
        try await self.write { db in
            for receipt in receipts { try Self.record(receipt, now, db) }
        }
    }

    private static func record(_ receipt: Receipt, _ now: Date, _ db: Database) throws {
        // messageWire, both
        try db.cachedStatement(
            sql: """
                UPDATE message SET deliveredAt = coalesce(deliveredAt, ?1), readAt = coalesce(readAt, ?2)
                WHERE wireId = ?3 AND wireId IS NOT NULL AND \(Self.isFromRecipient("?4"))
                """
        ).execute(arguments: [
            min(receipt.deliveredAt, now).milliseconds, receipt.readAt.map { min($0, now).milliseconds },
            receipt.wireID.rawValue, receipt.number,
        ])
        try db.cachedStatement(
            sql: """
                UPDATE message SET \(Self.sentByReceipt), finishedAt = ?1
                WHERE wireId = ?2 AND wireId IS NOT NULL AND \(Self.isFromRecipient("?3"))
                AND (status = 'processing' AND uncertainAt IS NOT NULL OR status = 'pending' AND isUncertain = 1)
                """
        ).execute(arguments: [now.milliseconds, receipt.wireID.rawValue, receipt.number])
    }

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
