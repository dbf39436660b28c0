public import Foundation
import GRDB
public import SpoolCore

/// Which messages an operator means.
public enum MessageSelection: Equatable, Sendable {
    case message(QueueID)
    case batch(BatchID)
    case all
}

/// What a cancellation came to.
public struct Cancellation: Equatable, Sendable {
    /// Messages that were pending and are now cancelled.
    public var cancelled: Int
    /// The first 1,000 that were no longer pending. One in flight is cancelled all the same if its attempt fails.
    public var tooLate: [QueueID]
}

extension MessageQueue {
    /// Cancels what is still pending of the selection.
    ///
    /// - Throws: `noSuchBatch` when a batch is meant that does not exist.
    public func cancel(_ selection: MessageSelection, now: Date) async throws(QueueError) -> Cancellation {
        try await self.write { db in
            let (condition, argument) = selection.condition
            if case .batch(let id) = selection, try !Self.exists(id, db) { throw QueueError.noSuchBatch(id) }
            let arguments = StatementArguments(argument.map { [$0] } ?? [])
            let tooLate =
                try selection == .all
                ? []
                : Int64.fetchAll(
                    db,
                    sql: "SELECT id FROM message WHERE \(condition) AND status <> 'pending' ORDER BY record LIMIT 1000",
                    arguments: arguments)
            try db.execute(
                sql:
                    "UPDATE message SET cancelRequestedAt = \(now.milliseconds) WHERE \(condition) AND status = 'processing'",
                arguments: arguments)
            try db.execute(
                sql: """
                    UPDATE message SET status = 'cancelled', finishedAt = \(now.milliseconds), reason = NULL,
                        errorCode = 'CANCELLED', error = 'Cancelled by an operator'
                    WHERE \(condition) AND status = 'pending'
                    AND batchId IN \(Self.openBatches)
                    """,
                arguments: arguments)
            return Cancellation(cancelled: db.changesCount, tooLate: tooLate.map { QueueID(rawValue: $0) })
        }
    }

    /// Fails pending messages whose `expiresAt` has come, in open batches.
    ///
    /// - Returns: How many expired.
    @discardableResult
    public func expire(now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            // messageExpiry
            try db.execute(
                sql: """
                    UPDATE message INDEXED BY messageExpiry
                    SET status = 'failed', errorCode = 'EXPIRED', finishedAt = ?1, reason = NULL,
                        error = 'Not sent before its expiresAt'
                    WHERE status = 'pending' AND expiresAt IS NOT NULL AND expiresAt <= ?1
                    AND (SELECT importedAt FROM batch WHERE batch.id = batchId) IS NOT NULL
                    """,
                arguments: [now.milliseconds])
            return db.changesCount
        }
    }

    static func exists(_ batch: BatchID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM batch WHERE id = ?)", arguments: [batch.rawValue])
            ?? false
    }
}

extension MessageSelection {
    fileprivate var condition: (sql: String, argument: Int64?) {
        switch self {
        case .message(let id): ("id = ?", id.rawValue)
        case .batch(let id): ("batchId = ?", id.rawValue)
        case .all: ("1", nil)
        }
    }
}
