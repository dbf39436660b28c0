public import Foundation
import GRDB
public import SpoolCore

/// News that the recipient's device has a message, or showed it.
public struct Receipt: Equatable, Sendable {
    public var wireID: WireMessageID
    public var deliveredAt: Date
    /// Read implies delivered.
    public var readAt: Date?

    public init(wireID: WireMessageID, deliveredAt: Date, readAt: Date? = nil) {
        self.wireID = wireID
        self.deliveredAt = deliveredAt
        self.readAt = readAt
    }
}

extension MessageQueue {
    /// Stores receipts, all in one commit. Times only move from unknown to known.
    ///
    /// A receipt settles as sent what nobody knew to be sent: an uncertain attempt, and a message that waits to be sent
    /// again, or for a person, because of one. While an attempt is under way its outcome decides.
    public func recordReceipts(_ receipts: [Receipt]) async throws(QueueError) {
        try await self.write { db in
            for receipt in receipts { try Self.record(receipt, db) }
        }
    }

    private static func record(_ receipt: Receipt, _ db: Database) throws {
        // messageWire, both
        try db.cachedStatement(
            sql: """
                UPDATE message SET deliveredAt = coalesce(deliveredAt, ?1), readAt = coalesce(readAt, ?2)
                WHERE wireId = ?3 AND wireId IS NOT NULL
                """
        ).execute(
            arguments: [receipt.deliveredAt.milliseconds, receipt.readAt?.milliseconds, receipt.wireID.rawValue])
        try db.cachedStatement(
            sql: """
                UPDATE message SET \(Self.sentByReceipt), finishedAt = ?1
                WHERE wireId = ?2 AND wireId IS NOT NULL
                AND (status = 'processing' AND uncertainAt IS NOT NULL OR status = 'pending' AND isUncertain = 1)
                """
        ).execute(arguments: [receipt.deliveredAt.milliseconds, receipt.wireID.rawValue])
    }

    /// The columns of a message whose receipt says that it was sent, but for `finishedAt`.
    static let sentByReceipt = """
        status = 'sent', sentAt = deliveredAt, leaseUntil = NULL, uncertainAt = NULL, heldAt = NULL, reason = NULL
        """
}
