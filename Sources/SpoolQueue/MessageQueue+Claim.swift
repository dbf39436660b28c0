public import Foundation
import GRDB
public import SpoolCore

/// A message that was taken into processing: on disk with its wire id and attempt number.
public struct ClaimedMessage: Equatable, Sendable {
    public var id: QueueID
    public var batch: BatchID
    public var device: DeviceID
    public var wireID: WireMessageID
    public var recipient: Recipient
    public var text: String
    /// 1 for the first attempt.
    public var attempt: Int
    public var firstAttemptAt: Date
    /// Earlier attempts that count for the back-off: those that were given back do not.
    public var earlierAttempts = 0
    public var media: QueuedMedia?
}

extension MessageQueue {
    /// Takes up to `limit` due messages for one device and leases them until `now + lease`.
    ///
    /// One transaction: two callers never receive the same message. A message gets its wire id at its first claim and
    /// keeps it; the id is on disk when this returns, so a rescued message is sent again under the same one. High goes
    /// before normal before low, what only this device may send before the rest, and batches take turns.
    /// - Parameter lease: Longer than the slowest send; at its end a restart treats the attempt as uncertain.
    public func claim(
        upTo limit: Int, for device: DeviceID, lease: Duration, now: Date,
        makeWireID: @escaping @Sendable () -> WireMessageID
    ) async throws(QueueError) -> [ClaimedMessage] {
        try await self.write { db in
            var claimed: [ClaimedMessage] = []
            // Once a kind has run out it stays so within the transaction, so each is asked in vain only once.
            for priority in Priority.allCases {
                for isPinned in [true, false] {
                    while claimed.count < limit,
                        let next = try Self.claimNext(priority, isPinned, device, lease, now, makeWireID, db)
                    {
                        claimed.append(next)
                    }
                }
            }
            return claimed
        }
    }

    /// When the next message that has to wait becomes due, or `nil` when none waits for a moment.
    public func nextDue(after now: Date) async throws(QueueError) -> Date? {
        try await self.read { db in
            // messageWaiting and messageExpiry, both partial
            let due = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(moment) FROM (
                        SELECT min(notBefore) AS moment FROM message
                        WHERE status = 'pending' AND notBefore > 0 AND notBefore > ?1
                        UNION ALL
                        SELECT min(expiresAt) FROM message
                        WHERE status = 'pending' AND expiresAt IS NOT NULL AND expiresAt > ?1)
                    """,
                arguments: [now.milliseconds])
            return due.map { Date(milliseconds: $0) }
        }
    }

    /// When attempts of this device began since `start`, oldest first; what the sliding caps count.
    public func sendTimes(of device: DeviceID, since start: Date) async throws(QueueError) -> [Date] {
        try await self.read { db in
            // attemptOfDevice
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT startedAt FROM attempt WHERE device = ? AND startedAt > ? AND outcome IS NOT 'returned'
                    ORDER BY startedAt
                    """,
                arguments: [device.rawValue, start.milliseconds]
            ).map { Date(milliseconds: $0) }
        }
    }

    private static func claimNext(
        _ priority: Priority, _ isPinned: Bool, _ device: DeviceID, _ lease: Duration, _ now: Date,
        _ makeWireID: () -> WireMessageID, _ db: Database
    ) throws -> ClaimedMessage? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: isPinned ? Self.claimPinned : Self.claimAny),
            arguments: [
                "device": device.rawValue, "wire": makeWireID().rawValue, "now": now.milliseconds,
                "lease": now.addingTimeInterval(lease.seconds).milliseconds, "priority": priority.rawValue,
            ])
        guard let row else { return nil }
        var message = ClaimedMessage(row)
        message.earlierAttempts = try Self.countedAttempts(of: message, db)
        message.media = try (row["mediaId"] as Int64?).map { try Self.queuedMedia($0, db) }
        try Self.recordClaim(message, now, db)
        return message
    }

    private static func countedAttempts(of message: ClaimedMessage, _ db: Database) throws -> Int {
        guard message.attempt > 1 else { return 0 }
        return try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM attempt WHERE messageId = ? AND outcome IS NOT 'returned'"),
            arguments: [message.id.rawValue]) ?? 0
    }

    private static func recordClaim(_ message: ClaimedMessage, _ now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO attempt (messageId, number, device, startedAt) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [message.id.rawValue, message.attempt, message.device.rawValue, now.milliseconds])
        // batchClaimable is ordered by servedAt: the batch goes to the end of the line
        try db.cachedStatement(sql: "UPDATE batch SET servedAt = \(Self.lastServed) + 1 WHERE id = ? AND pending > 0")
            .execute(arguments: [message.batch.rawValue])
    }

    /// The `servedAt` of the batch that is last in line, NULL when none waits.
    static let lastServed = """
        (SELECT max(servedAt) FROM batch INDEXED BY batchClaimable
        WHERE pending > 0 AND importedAt IS NOT NULL AND heldAt IS NULL)
        """

    private static let claimAny = Self.claim(where: "m.pin IS NULL")
    private static let claimPinned = Self.claim(where: "m.pin = :device")

    /// One statement: the first due message of the first batch in line that has one. Walks batchClaimable and, for each
    /// batch, seeks messageDue once.
    private static func claim(where pin: String) -> String {
        """
        UPDATE message SET status = 'processing', reason = NULL, device = :device, wireId = coalesce(wireId, :wire),
            attempts = attempts + 1, firstAttemptAt = coalesce(firstAttemptAt, :now), leaseUntil = :lease
        WHERE id = (
            SELECT candidate FROM (
                SELECT (SELECT m.id FROM message m INDEXED BY messageDue
                        WHERE m.batchId = b.id AND \(pin) AND m.priority = :priority AND m.notBefore <= :now
                        AND m.status = 'pending' AND m.heldAt IS NULL
                        AND (m.expiresAt IS NULL OR m.expiresAt > :now)
                        ORDER BY m.notBefore, m.id LIMIT 1) AS candidate
                FROM batch b INDEXED BY batchClaimable
                WHERE b.pending > 0 AND b.importedAt IS NOT NULL AND b.heldAt IS NULL
                ORDER BY b.servedAt)
            WHERE candidate IS NOT NULL LIMIT 1)
        RETURNING id, batchId, device, wireId, number, body, attempts, firstAttemptAt, mediaId
        """
    }
}

extension ClaimedMessage {
    fileprivate init(_ row: Row) {
        self.init(
            id: QueueID(rawValue: row["id"]), batch: BatchID(rawValue: row["batchId"]),
            device: DeviceID(rawValue: row["device"]), wireID: WireMessageID(rawValue: row["wireId"]),
            recipient: Recipient(address: row["number"]), text: row["body"], attempt: row["attempts"],
            firstAttemptAt: Date(milliseconds: row["firstAttemptAt"]))
    }
}
