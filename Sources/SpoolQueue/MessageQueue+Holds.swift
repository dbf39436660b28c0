public import Foundation
import GRDB
public import SpoolCore

/// What a person holds or lets go of.
public enum HoldTarget: Equatable, Sendable {
    case message(QueueID)
    case batch(BatchID)
    case user(UserName)
    case device(DeviceID)
    /// Everything, on top of what is held one by one.
    case all
}

extension MessageQueue {
    /// Holds: nothing of it is claimed until it is released. What is under way goes on.
    ///
    /// - Throws: `noSuchBatch`, `noSuchUser`; `unexpectedState` for a message that is not pending.
    public func hold(_ target: HoldTarget, reason: String? = nil, now: Date) async throws(QueueError) {
        try await self.write { db in
            switch target {
            case .message(let id): try Self.hold(id, reason, now, db)
            case .batch(let id): try Self.hold(id, reason, now, db)
            case .user(let name): try Self.hold(name, now, db)
            case .device(let device): try Self.hold("device", device.rawValue, now, db)
            case .all: try Self.hold("all", "", now, db)
            }
        }
    }

    /// Lets go. A message that a rule has held goes past that rule; the release of a batch is one of its held messages
    /// too, but for those of which it is uncertain whether they were sent: they are released one by one.
    ///
    /// - Throws: As `hold` does.
    public func release(_ target: HoldTarget, now: Date) async throws(QueueError) {
        try await self.write { db in
            switch target {
            case .message(let id): try Self.release(id, now, db)
            case .batch(let id): try Self.release(id, now, db)
            case .user(let name): try Self.release(name, db)
            case .device(let device):
                try db.execute(
                    sql: "DELETE FROM hold WHERE scope = 'device' AND name = ?", arguments: [device.rawValue])
            case .all: try db.execute(sql: "DELETE FROM hold WHERE scope = 'all'")
            }
        }
    }

    /// Fails what a rule has held until now and nobody has released.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failHeld(now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE message INDEXED BY messageFailing SET status = 'failed', errorCode = holdCode, finishedAt = ?1,
                        error = 'Held and not released in time: ' || coalesce(reason, ''), reason = NULL
                    WHERE status = 'pending' AND failAt IS NOT NULL AND failAt <= ?1
                    """, arguments: [now.milliseconds])
            return db.changesCount
        }
    }

    private static func hold(_ id: QueueID, _ reason: String?, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE message SET heldAt = coalesce(heldAt, ?), reason = ?, slotAt = NULL
                WHERE id = ? AND status = 'pending'
                """,
            arguments: [now.milliseconds, "held: " + (reason ?? "by a person"), id.rawValue])
        guard db.changesCount == 1 else { throw QueueError.unexpectedState(id, expected: .pending) }
    }

    private static func release(_ id: QueueID, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE message SET heldAt = NULL, holdCode = NULL, failAt = NULL, reason = NULL,
                    releasedAt = CASE WHEN heldAt IS NULL THEN releasedAt ELSE ?1 END
                WHERE id = ?2 AND status = 'pending'
                """, arguments: [now.milliseconds, id.rawValue])
        guard db.changesCount == 1 else { throw QueueError.unexpectedState(id, expected: .pending) }
    }

    private static func hold(_ batch: BatchID, _ reason: String?, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE batch SET heldAt = coalesce(heldAt, ?), holdReason = ? WHERE id = ?",
            arguments: [now.milliseconds, reason ?? "by a person", batch.rawValue])
        guard db.changesCount == 1 else { throw QueueError.noSuchBatch(batch) }
    }

    /// Its outcomes are counted anew: those that were there have been judged by the person.
    private static func release(_ batch: BatchID, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE batch SET heldAt = NULL, holdReason = NULL, outcomes = 0, outcomeCount = 0 WHERE id = ?
                """, arguments: [batch.rawValue])
        guard db.changesCount == 1 else { throw QueueError.noSuchBatch(batch) }
        // messageHeld
        try db.execute(
            sql: """
                UPDATE message SET heldAt = NULL, holdCode = NULL, failAt = NULL, reason = NULL, releasedAt = ?
                WHERE batchId = ? AND status = 'pending' AND heldAt IS NOT NULL AND isUncertain = 0
                """, arguments: [now.milliseconds, batch.rawValue])
    }

    private static func hold(_ user: UserName, _ now: Date, _ db: Database) throws {
        let id = try Self.userID(user, db)
        try db.execute(
            sql: "UPDATE user SET heldAt = coalesce(heldAt, ?) WHERE id = ?", arguments: [now.milliseconds, id])
    }

    private static func release(_ user: UserName, _ db: Database) throws {
        let id = try Self.userID(user, db)
        try db.execute(sql: "UPDATE user SET heldAt = NULL WHERE id = ?", arguments: [id])
    }

    private static func hold(_ scope: String, _ name: String, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO hold (scope, name, heldAt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            arguments: [scope, name, now.milliseconds])
    }
}
