public import Foundation
import GRDB
public import SpoolCore

/// What to do with an attempt that got no answer and no receipt.
public enum UncertainPolicy: String, Sendable {
    /// Send it again under the same wire id: servers and recipients drop repeated ids.
    case resend
    /// Keep it until a person decides.
    case hold
    /// Give it up.
    case fail
}

extension MessageQueue {
    /// At start: every claim of the daemon that died becomes uncertain, since a byte of it may have left; one that has a
    /// receipt already is sent.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func rescueAbandonedClaims(now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE attempt SET endedAt = ?1, outcome = 'uncertain', detail = 'the daemon stopped before an answer'
                    WHERE endedAt IS NULL AND messageId IN (SELECT id FROM message WHERE status = 'processing')
                    """,
                arguments: [now.milliseconds])
            try db.execute(
                sql: """
                    UPDATE message SET uncertainAt = ?1, reason = 'uncertain: the daemon stopped before an answer'
                    WHERE status = 'processing' AND uncertainAt IS NULL
                    """,
                arguments: [now.milliseconds])
            let abandoned = db.changesCount
            try db.execute(
                sql: """
                    UPDATE message SET \(Self.sentByReceipt), finishedAt = ?
                    WHERE status = 'processing' AND deliveredAt IS NOT NULL
                    """,
                arguments: [now.milliseconds])
            return abandoned
        }
    }

    /// Settles the device's attempts that have been uncertain since `before` or longer, as `policy` says.
    ///
    /// Always on the same device: from another number the recipient would see a second message.
    /// - Parameter retryAt: When to send again, by the number of attempts so far that were not given back.
    /// - Returns: How many were settled.
    @discardableResult
    public func resolveUncertain(
        of device: DeviceID, since before: Date, policy: UncertainPolicy, now: Date,
        retryAt: @escaping @Sendable (_ attempts: Int, _ firstAttemptAt: Date) -> Date?
    ) async throws(QueueError) -> Int {
        try await self.write { db in
            // messageProcessing
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, firstAttemptAt, (SELECT count(*) FROM attempt
                        WHERE messageId = message.id AND outcome IS NOT 'returned') AS attempts FROM message
                    WHERE status = 'processing' AND device = ? AND uncertainAt IS NOT NULL AND uncertainAt <= ?
                    """,
                arguments: [device.rawValue, before.milliseconds])
            for row in rows {
                let next = retryAt(row["attempts"], Date(milliseconds: row["firstAttemptAt"]))
                try Self.resolve(row["id"], policy, retryAt: next, now, db)
            }
            return rows.count
        }
    }

    /// Gives up the device's uncertain attempts that nothing else will end, because it does not come back by itself: those
    /// that have been uncertain since `before` or longer, whose message has expired, or whose cancellation was asked for.
    ///
    /// - Parameters:
    ///   - before: `nil` for no bound.
    ///   - state: How the device is, in words.
    /// - Returns: How many failed.
    @discardableResult
    public func giveUpUncertain(
        of device: DeviceID, since before: Date?, state: String, now: Date
    ) async throws(QueueError) -> Int {
        try await self.write { db in
            // messageProcessing
            try db.execute(
                sql: """
                    UPDATE message SET status = 'failed', errorCode = 'ATTEMPTS_EXHAUSTED', isUncertain = 1, finishedAt = ?1,
                        leaseUntil = NULL, uncertainAt = NULL, reason = NULL,
                        error = CASE
                            WHEN cancelRequestedAt IS NOT NULL THEN 'Cancelled' WHEN expiresAt <= ?1 THEN 'Expired'
                            ELSE 'Given up' END
                            || ' without an answer, since device ' || device || ' is ' || ?2
                            || ': it is uncertain whether the message was sent'
                    WHERE status = 'processing' AND device = ?3 AND uncertainAt IS NOT NULL
                    AND (cancelRequestedAt IS NOT NULL OR expiresAt <= ?1 OR uncertainAt <= ?4)
                    """,
                arguments: [now.milliseconds, state, device.rawValue, before?.milliseconds])
            return db.changesCount
        }
    }

    /// Ends the waiting for moments that an attempt has set by a clock that was ahead, and is right again.
    ///
    /// Attempts that became uncertain later than `now` count as uncertain since `now`, and what was put off by an attempt
    /// that began later than `now` is due. What a client has asked to be sent later stays so.
    public func correctTimes(now: Date) async throws(QueueError) {
        try await self.write { db in
            // messageProcessing, messageWaiting
            try db.execute(
                sql: """
                    UPDATE message SET uncertainAt = ?1, firstAttemptAt = min(firstAttemptAt, ?1)
                    WHERE status = 'processing' AND uncertainAt > ?1
                    """, arguments: [now.milliseconds])
            try db.execute(
                sql: """
                    UPDATE message SET notBefore = ?1, firstAttemptAt = min(firstAttemptAt, ?1)
                    WHERE status = 'pending' AND notBefore > 0 AND notBefore > ?1 AND attempts > 0
                    AND (SELECT startedAt > ?1 AND outcome <> 'returned' FROM attempt
                        WHERE messageId = message.id AND number = attempts)
                    """, arguments: [now.milliseconds])
            try Self.wakeLines(after: now.milliseconds, db)
        }
    }

    /// When the oldest uncertain attempt of the device became so, or `nil` when there is none.
    public func oldestUncertain(of device: DeviceID) async throws(QueueError) -> Date? {
        try await self.read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(uncertainAt) FROM message
                    WHERE status = 'processing' AND device = ? AND uncertainAt IS NOT NULL
                    """,
                arguments: [device.rawValue]
            ).map { Date(milliseconds: $0) }
        }
    }

    /// The batches that a pending message can be in once it is sendable or held, as a subquery along batchUnreported.
    static let openBatches = """
        (SELECT id FROM batch INDEXED BY batchUnreported
        WHERE reportedAt IS NULL AND rejectedAt IS NULL AND importedAt IS NOT NULL AND pending > 0)
        """

    private static func resolve(
        _ id: Int64, _ policy: UncertainPolicy, retryAt: Date?, _ now: Date, _ db: Database
    ) throws {
        switch (policy, retryAt) {
        case (.resend, .some(let moment)):
            try db.execute(
                sql: """
                    UPDATE message SET status = 'pending', pin = device, owner = device, notBefore = ?, leaseUntil = NULL, uncertainAt = NULL,
                        isUncertain = 1, reason = 'uncertain: will be sent again under the same message id'
                    WHERE id = ? AND status = 'processing'
                    """,
                arguments: [moment.milliseconds, id])
            try Self.cancelIfAsked(id, now, db)
        case (.hold, _):
            try db.execute(
                sql: """
                    UPDATE message SET status = 'pending', pin = device, owner = device, heldAt = ?, leaseUntil = NULL, uncertainAt = NULL,
                        isUncertain = 1, reason = 'held: uncertain whether it was sent'
                    WHERE id = ? AND status = 'processing'
                    """,
                arguments: [now.milliseconds, id])
            try Self.cancelIfAsked(id, now, db)
        case (.fail, _), (.resend, .none):
            try db.execute(
                sql: """
                    UPDATE message SET status = 'failed', errorCode = 'ATTEMPTS_EXHAUSTED', isUncertain = 1, finishedAt = ?,
                        leaseUntil = NULL, uncertainAt = NULL, reason = NULL,
                        error = 'No answer from the server: it is uncertain whether the message was sent'
                    WHERE id = ? AND status = 'processing'
                    """,
                arguments: [now.milliseconds, id])
        }
    }
}
