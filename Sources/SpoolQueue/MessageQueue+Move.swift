public import Foundation
import GRDB
public import SpoolCore

/// What a move came to.
public struct Move: Equatable, Sendable {
    public var moved = 0
    /// Stayed, because they may have been sent already: another number would send them a second time.
    public var kept = 0
}

extension MessageQueue {
    /// Gives what is pending of the selection to a device, and its recipients too. By chunks: each is a commit of its own.
    ///
    /// - Throws: `noSuchBatch` for a batch that does not exist.
    public func move(
        _ selection: MessageSelection, to device: DeviceID, now: Date
    ) async throws(QueueError) -> Move {
        var move = Move()
        var record = 0
        while true {
            let (chunk, last) = try await self.write { [record] db in
                try Self.move(selection, behind: record, to: device, now, db)
            }
            move.moved += chunk.moved
            move.kept += chunk.kept
            guard let last else { return move }
            record = last
        }
    }

    /// Gives messages of a device that is away to another one, or to whichever comes first: those that are not pinned, of
    /// these lanes, and were never attempted. Their recipients go with them.
    ///
    /// - Parameter limit: The most of one call, which is one commit.
    /// - Returns: How many it were; as many as the limit when there may be more.
    public func handOver(
        from device: DeviceID, lanes: Set<Lane>, to other: DeviceID?, upTo limit: Int, now: Date
    ) async throws(QueueError) -> Int {
        try await self.write { db in
            let kinds = try db.prepared("SELECT batchId, priority, lane FROM line WHERE owner = ? AND pending > 0").all(
                [.text(device.rawValue)]
            ) { row in
                LineKey(
                    batch: row.integer(0), priority: Priority(rawValue: Int(row.integer(1))) ?? .normal,
                    owner: device.rawValue, lane: Lane(rawValue: Int(row.integer(2))) ?? .cold)
            }
            var count = 0
            for kind in kinds where lanes.contains(kind.lane) && count < limit {
                let ids = try db.prepared(Self.neverAttempted).all(kind.values + [.integer(Int64(limit - count))]) {
                    $0.integer(0)
                }
                for id in ids { try Self.give(id, to: other, now, db) }
                count += ids.count
            }
            return count
        }
    }

    private static let chunk = 1000

    private static func move(
        _ selection: MessageSelection, behind record: Int, to device: DeviceID, _ now: Date, _ db: Database
    ) throws -> (Move, last: Int?) {
        let select = "SELECT id, isUncertain, record FROM message WHERE status = 'pending' AND "
        let condition: (sql: String, values: [SQLValue]) =
            switch selection {
            case .message(let id): ("id = ?1", [.integer(id.rawValue)])
            case .batch(let id): ("batchId = ?1 AND record > ?2", [.integer(id.rawValue), .integer(Int64(record))])
            case .all: ("record > 0 AND id > ?2", [.null, .integer(Int64(record))])
            }
        if case .batch(let id) = selection, try !Self.exists(id, db) { throw QueueError.noSuchBatch(id) }
        // messageOfBatch, or the primary key
        let order = selection == .all ? "id" : "record"
        let found = try db.prepared(select + condition.sql + " ORDER BY \(order) LIMIT \(Self.chunk)").all(
            condition.values
        ) { (id: $0.integer(0), isUncertain: $0.integer(1) == 1, record: Int($0.integer(2))) }
        var move = Move()
        for message in found {
            if message.isUncertain {
                move.kept += 1
            } else {
                try Self.give(message.id, to: device, now, db)
                move.moved += 1
            }
        }
        guard found.count == Self.chunk else { return (move, nil) }
        return (move, selection == .all ? found.last.map { Int($0.id) } : found.last?.record)
    }

    private static func give(_ message: Int64, to device: DeviceID?, _ now: Date, _ db: Database) throws {
        let owner = device?.rawValue ?? ""
        let number = try db.prepared(Self.given).first(
            [.integer(message), .text(owner), .integer(now.milliseconds - Lane.replyWindow)]
        ) { $0.text(0) }
        guard let number, !number.hasSuffix("@g.us") else { return }
        try db.prepared(Self.ownRecipient).run([.text(number), .text(owner)])
    }

    private static let neverAttempted = """
        SELECT id FROM message INDEXED BY messageHead
        WHERE batchId = ?1 AND priority = ?2 AND owner = ?3 AND lane = ?4 AND status = 'pending' AND heldAt IS NULL
        AND pin IS NULL AND firstAttemptAt IS NULL AND isUncertain = 0 ORDER BY notBefore, id LIMIT ?5
        """
    private static let given = """
        UPDATE message SET owner = ?2, pin = CASE WHEN pin IS NULL THEN NULL ELSE ?2 END,
            lane = CASE WHEN number LIKE '%@g.us' THEN 1 ELSE coalesce((
                SELECT CASE WHEN c.lastInAt > ?3 THEN 0 WHEN c.firstInAt IS NOT NULL OR c.lastReadAt IS NOT NULL THEN 1
                    ELSE 2 END
                FROM contact c WHERE c.device = ?2 AND c.number = message.number), 2) END
        WHERE id = ?1 RETURNING number
        """
    private static let ownRecipient = """
        INSERT INTO recipient (number, owner) VALUES (?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner
        """
}
