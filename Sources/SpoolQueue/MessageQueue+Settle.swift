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
    /// - Parameter state: What the scheduler knows of the device, opaque here; stored in the same commit.
    /// - Throws: `QueueError.unexpectedState` when one of them is not in processing with this attempt; then nothing is
    ///   stored.
    public func settle(
        _ attempts: [SettledAttempt], state: DeviceStateUpdate? = nil, now: Date
    ) async throws(QueueError) {
        try await self.transaction { transaction in
            try transaction.settle(attempts, now: now)
            if let state { try transaction.store(state) }
        }
    }

    static func settle(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws {
        try Self.end(attempt, now, db)
        guard try !Self.isSentByReceipt(attempt, now, db) else { return }
        let id = attempt.message.rawValue
        switch attempt.settlement {
        case .sent(let at): try Self.settleSent(attempt, at, now, db)
        case .deferred(let until, _, let reason):
            try Self.move(attempt, db, Self.deferred, [.integer(until.milliseconds), .text(reason)])
            try Self.cancelIfAsked(id, now, db)
        case .failed(let code, let error):
            try Self.forgetUnanswered(id, db)
            try Self.move(
                attempt, db, Self.failed, [.text(code.rawValue), .text(error), .integer(now.milliseconds)])
        case .uncertain(let detail):
            try Self.move(attempt, db, Self.uncertain, [.integer(now.milliseconds), .text(detail)])
        case .awaitsMedia:
            try Self.forgetUnanswered(id, db)
            try Self.move(attempt, db, Self.awaitsMedia, [.integer(Self.endOfTime)])
            try Self.awaitMedia(attempt.message, now, db)
            try Self.cancelIfAsked(id, now, db)
            try Self.giveUpIfNew(id, db)
        case .returned(let reason):
            try Self.forgetUnanswered(id, db)
            try Self.move(attempt, db, Self.returned, [.text(reason)])
            try Self.cancelIfAsked(id, now, db)
            try Self.giveUpIfNew(id, db)
        }
    }

    private static func settleSent(_ attempt: SettledAttempt, _ at: Date, _ now: Date, _ db: Database) throws {
        try Self.move(attempt, db, Self.sent, [.integer(at.milliseconds), .integer(now.milliseconds)])
        let sent = try db.prepared("SELECT number, device FROM message WHERE id = ?").first(
            [.integer(attempt.message.rawValue)]
        ) { (number: $0.text(0), device: $0.text(1)) }
        guard let sent else { return }
        guard !sent.number.hasSuffix("@g.us") else { return }
        try db.prepared(Self.addLastOut).run([.text(sent.device), .text(sent.number), .integer(now.milliseconds)])
    }

    /// Settles a message as sent that its recipient is known to have, though its last attempt came to something else.
    private static func isSentByReceipt(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws -> Bool {
        if case .sent = attempt.settlement { return false }
        return try db.prepared(Self.sentInstead).run([
            .integer(now.milliseconds), .integer(attempt.message.rawValue), .integer(Int64(attempt.attempt)),
        ]) == 1
    }

    private static func move(
        _ attempt: SettledAttempt, _ db: Database, _ statement: String, _ values: [SQLValue]
    ) throws {
        let key: [SQLValue] = [.integer(attempt.message.rawValue), .integer(Int64(attempt.attempt))]
        guard try db.prepared(statement).run(key + values) == 1 else {
            throw QueueError.unexpectedState(attempt.message, expected: .processing)
        }
    }

    private static func end(_ attempt: SettledAttempt, _ now: Date, _ db: Database) throws {
        let (outcome, code, detail) = attempt.settlement.record
        try db.prepared(Self.ended).run([
            .integer(now.milliseconds), .text(outcome), .text(code), .text(detail),
            .integer(attempt.message.rawValue), .integer(Int64(attempt.attempt)),
        ])
    }

    static func cancelIfAsked(_ id: Int64, _ now: Date, _ db: Database) throws {
        try db.prepared(Self.cancelled).run([.integer(now.milliseconds), .integer(id)])
    }

    /// Nothing reached the recipient, so it is not one who does not answer.
    private static func forgetUnanswered(_ id: Int64, _ db: Database) throws {
        let found = try db.prepared(Self.unansweredOf).first([.integer(id)]) { row in
            (number: row.text(0), time: row.integer(1), times: UnansweredTimes(row.blob(2)))
        }
        guard var found, found.times.remove(found.time) else { return }
        try db.prepared("UPDATE recipient SET unanswered = ?2 WHERE number = ?1").run(
            [.text(found.number), .blob(found.times.bytes)])
    }

    /// A message that has never left is nobody's again, unless its device knows the recipient.
    private static func giveUpIfNew(_ id: Int64, _ db: Database) throws {
        let given = try db.prepared(Self.givenUp).first([.integer(id)]) { (number: $0.text(0), device: $0.text(1)) }
        guard let given else { return }
        try db.prepared("UPDATE recipient SET owner = '' WHERE number = ?1 AND owner = ?2").run(
            [.text(given.number), .text(given.device)])
    }

    private static let sent = Self.settled("status = 'sent', sentAt = ?3, finishedAt = ?4, reason = NULL")
    private static let deferred = Self.settled("status = 'pending', notBefore = ?3, reason = ?4")
    private static let failed = Self.settled(
        "status = 'failed', errorCode = ?3, error = ?4, reason = NULL, finishedAt = ?5")
    private static let uncertain = """
        UPDATE message SET uncertainAt = ?3, reason = 'uncertain: ' || ?4
        WHERE id = ?1 AND status = 'processing' AND attempts = ?2
        """
    private static let returned = Self.settled("status = 'pending', reason = ?3, \(Self.uncounted)")
    private static let awaitsMedia = Self.settled(
        "status = 'pending', notBefore = ?3, dueWithMedia = 0, reason = 'fetching media', \(Self.uncounted)")
    /// The time in which a message may be tried again starts with its first attempt that counts.
    private static let uncounted = """
        firstAttemptAt = (
            SELECT min(startedAt) FROM attempt WHERE messageId = ?1 AND number < attempts AND outcome IS NOT 'returned')
        """
    private static func settled(_ assignments: String) -> String {
        """
        UPDATE message SET \(assignments), leaseUntil = NULL, uncertainAt = NULL
        WHERE id = ?1 AND status = 'processing' AND attempts = ?2
        """
    }
    private static let sentInstead = """
        UPDATE message SET \(Self.sentByReceipt), finishedAt = ?
        WHERE id = ? AND status = 'processing' AND attempts = ? AND deliveredAt IS NOT NULL
        """
    private static let ended =
        "UPDATE attempt SET endedAt = ?, outcome = ?, code = ?, detail = ? WHERE messageId = ? AND number = ?"
    /// An opt-out may have asked for it, or a person.
    private static let cancelled = """
        UPDATE message SET status = 'cancelled', finishedAt = ?1, reason = NULL,
            (errorCode, error) = (SELECT 'SUPPRESSED', '\(Self.suppressedError)' FROM suppression
                WHERE suppression.userId = message.userId AND suppression.number = message.number
                UNION ALL
                SELECT 'CANCELLED', 'Cancelled while an attempt was under way that did not succeed' LIMIT 1)
        WHERE id = ?2 AND status = 'pending' AND cancelRequestedAt IS NOT NULL
        """
    private static let addLastOut = """
        INSERT INTO contact (device, number, lastOutAt) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET lastOutAt = excluded.lastOutAt
        """
    private static let unansweredOf = """
        SELECT m.number, m.firstAttemptAt, r.unanswered FROM message m JOIN recipient r ON r.number = m.number
        WHERE m.id = ? AND m.firstAttemptAt IS NOT NULL
        """
    private static let givenUp = """
        UPDATE message SET owner = '', lane = CASE WHEN number LIKE '%@g.us' THEN 1 ELSE 2 END
        WHERE id = ? AND status = 'pending' AND pin IS NULL AND firstAttemptAt IS NULL AND isUncertain = 0
        AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.device = message.device AND c.number = message.number)
        RETURNING number, device
        """
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
