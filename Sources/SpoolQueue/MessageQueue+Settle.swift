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
    /// Nothing left this machine, because the attachment is not there: pending again when it has been fetched.
    case awaitsMedia
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
    /// A message that has a receipt already, of this attempt or of an uncertain one before it, is sent whatever the
    /// outcome says. One whose cancellation was asked for while it was in flight becomes `cancelled` instead of pending
    /// again.
    /// - Throws: `QueueError.unexpectedState` when one of them is not in processing with this attempt; then nothing is
    ///   stored.
    public func settle(_ attempts: [SettledAttempt], now: Date) async throws(QueueError) {
        try await self.write { db in
            for attempt in attempts { try Self.settle(attempt, now, db) }
        }
    }

    static func settle(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws {
        try Self.end(attempt, now, db)
        guard try !Self.isSentByReceipt(attempt, now, db) else { return }
        switch attempt.settlement {
        case .sent(let at):
            try Self.move(
                attempt, db, set: "status = 'sent', sentAt = ?2, finishedAt = ?3, reason = NULL",
                [at.milliseconds, now.milliseconds])
        case .deferred(let until, _, let reason):
            try Self.move(
                attempt, db, set: "status = 'pending', notBefore = ?2, reason = ?3", [until.milliseconds, reason])
            try Self.cancelIfAsked(attempt.message.rawValue, now, db)
        case .failed(let code, let error):
            try Self.move(
                attempt, db, set: "status = 'failed', errorCode = ?2, error = ?3, reason = NULL, finishedAt = ?4",
                [code.rawValue, error, now.milliseconds])
        case .uncertain(let detail):
            try Self.move(
                attempt, db, set: "status = 'processing', uncertainAt = ?2, reason = 'uncertain: ' || ?3",
                [now.milliseconds, detail])
        case .awaitsMedia:
            try Self.move(
                attempt, db,
                set:
                    "status = 'pending', notBefore = ?2, dueWithMedia = 0, reason = 'fetching media', \(Self.uncounted)",
                [Self.endOfTime])
            try Self.awaitMedia(attempt.message, now, db)
            try Self.cancelIfAsked(attempt.message.rawValue, now, db)
        case .returned(let reason):
            try Self.move(attempt, db, set: "status = 'pending', reason = ?2, \(Self.uncounted)", [reason])
            try Self.cancelIfAsked(attempt.message.rawValue, now, db)
        }
    }

    /// The time in which a message may be tried again starts with its first attempt that counts.
    private static let uncounted = """
        firstAttemptAt = (
            SELECT min(startedAt) FROM attempt WHERE messageId = ?1 AND number < attempts AND outcome IS NOT 'returned')
        """

    /// Settles a message as sent that its recipient is known to have, though its last attempt came to something else.
    private static func isSentByReceipt(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws -> Bool {
        if case .sent = attempt.settlement { return false }
        try db.cachedStatement(
            sql: """
                UPDATE message SET \(Self.sentByReceipt), finishedAt = ?
                WHERE id = ? AND status = 'processing' AND attempts = ? AND deliveredAt IS NOT NULL
                """
        ).execute(arguments: [now.milliseconds, attempt.message.rawValue, attempt.attempt])
        return db.changesCount == 1
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

    private static func end(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws {
        let (outcome, code, detail) = attempt.settlement.record
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

extension Settlement {
    /// What the attempt's row says of it.
    fileprivate var record: (outcome: String, code: String?, detail: String?) {
        switch self {
        case .sent: ("sent", nil, nil)
        case .deferred(_, let code, let reason): ("deferred", code, reason)
        case .failed(let code, let error): ("failed", code.rawValue, error)
        case .uncertain(let detail): ("uncertain", nil, detail)
        case .returned(let reason): ("returned", nil, reason)
        case .awaitsMedia: ("returned", nil, "fetching media")
        }
    }
}
