public import Foundation
import GRDB
public import SpoolCore

/// What one attempt came to.
public enum Settlement: Equatable, Sendable {
    /// The server acknowledged the message.
    case sent(at: Date)
    /// A temporary error: pending again, not before the moment.
    case deferred(until: Date, code: String, reason: String)
    /// A permanent error, or no attempts left.
    case failed(ErrorCode, error: String)
    /// A byte may have left and no answer came; stays in processing until a receipt or `resolveUncertain`.
    case uncertain(detail: String)
    /// Nothing left this machine: pending again at once; not counted against any limit.
    case returned(reason: String)
}

/// A claimed message and what became of it.
public struct SettledAttempt: Equatable, Sendable {
    public var message: QueueID
    public var attempt: Int
    public var settlement: Settlement

    public init(message: QueueID, attempt: Int, settlement: Settlement) {
        self.message = message
        self.attempt = attempt
        self.settlement = settlement
    }
}

extension MessageQueue {
    /// Stores the outcomes of claimed messages, all in one commit.
    ///
    /// A message whose cancellation was asked for while it was in flight becomes `cancelled` instead of pending again.
    /// - Throws: `QueueError.unexpectedState` when one of them is not in processing with this attempt; then nothing is
    ///   stored.
    public func settle(_ attempts: [SettledAttempt], now: Date) async throws(QueueError) {
        try await self.write { db in
            for attempt in attempts { try Self.settle(attempt, now, db) }
        }
    }

    /// Stores that the recipient's device has, or showed, a message; settles an uncertain one as sent.
    ///
    /// Times only move from unknown to known; read implies delivered.
    public func recordReceipt(
        for wireID: WireMessageID, deliveredAt: Date, readAt: Date?
    ) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE message SET deliveredAt = coalesce(deliveredAt, ?1), readAt = coalesce(readAt, ?2)
                    WHERE wireId = ?3 AND wireId IS NOT NULL
                    """,
                arguments: [deliveredAt.milliseconds, readAt?.milliseconds, wireID.rawValue])
            try db.execute(
                sql: """
                    UPDATE message SET status = 'sent', sentAt = ?1, finishedAt = ?1, leaseUntil = NULL, uncertainAt = NULL,
                        reason = NULL
                    WHERE wireId = ?2 AND wireId IS NOT NULL AND status = 'processing' AND uncertainAt IS NOT NULL
                    """,
                arguments: [deliveredAt.milliseconds, wireID.rawValue])
        }
    }

    static func settle(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws {
        let id = attempt.message.rawValue
        switch attempt.settlement {
        case .sent(let at):
            try Self.move(
                attempt, db, set: "status = 'sent', sentAt = ?2, finishedAt = ?3, reason = NULL",
                [at.milliseconds, now.milliseconds])
            try Self.end(attempt, "sent", nil, nil, now, db)
        case .deferred(let until, let code, let reason):
            try Self.move(
                attempt, db, set: "status = 'pending', notBefore = ?2, reason = ?3", [until.milliseconds, reason])
            try Self.end(attempt, "deferred", code, reason, now, db)
            try Self.cancelIfAsked(id, now, db)
        case .failed(let code, let error):
            try Self.move(
                attempt, db, set: "status = 'failed', errorCode = ?2, error = ?3, reason = NULL, finishedAt = ?4",
                [code.rawValue, error, now.milliseconds])
            try Self.end(attempt, "failed", code.rawValue, error, now, db)
        case .uncertain(let detail):
            try Self.move(
                attempt, db, set: "status = 'processing', uncertainAt = ?2, reason = 'uncertain: ' || ?3",
                [now.milliseconds, detail])
            try Self.end(attempt, "uncertain", nil, detail, now, db)
        case .returned(let reason):
            // The time in which a message may be tried again starts with its first attempt that counts.
            try Self.move(
                attempt, db,
                set: """
                    status = 'pending', reason = ?2, firstAttemptAt = (
                        SELECT min(startedAt) FROM attempt
                        WHERE messageId = ?1 AND number < attempts AND outcome IS NOT 'returned')
                    """, [reason])
            try Self.end(attempt, "returned", nil, reason, now, db)
            try Self.cancelIfAsked(id, now, db)
        }
    }

    private static func move(
        _ attempt: SettledAttempt, _ db: Database, set assignments: String, _ values: [any DatabaseValueConvertible]
    ) throws {
        let keepsLease = assignments.hasPrefix("status = 'processing'")
        try db.cachedStatement(
            sql: """
                UPDATE message SET \(assignments)\(keepsLease ? "" : ", leaseUntil = NULL, uncertainAt = NULL")
                WHERE id = ?1 AND status = 'processing' AND attempts = ?\(values.count + 2)
                """
        ).execute(arguments: StatementArguments([attempt.message.rawValue] + values + [attempt.attempt]))
        guard db.changesCount == 1 else { throw QueueError.unexpectedState(attempt.message, expected: .processing) }
    }

    private static func end(
        _ attempt: SettledAttempt, _ outcome: String, _ code: String?, _ detail: String?, _ now: Date, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: "UPDATE attempt SET endedAt = ?, outcome = ?, code = ?, detail = ? WHERE messageId = ? AND number = ?"
        ).execute(arguments: [
            now.milliseconds, outcome, code, detail, attempt.message.rawValue, attempt.attempt,
        ])
    }

    static func cancelIfAsked(_ id: Int64, _ now: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE message SET status = 'cancelled', finishedAt = ?, reason = NULL, errorCode = 'CANCELLED',
                    error = 'Cancelled while an attempt was under way that did not succeed'
                WHERE id = ? AND status = 'pending' AND cancelRequestedAt IS NOT NULL
                """
        ).execute(arguments: [now.milliseconds, id])
    }
}
