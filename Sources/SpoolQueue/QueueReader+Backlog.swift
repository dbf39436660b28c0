public import Foundation
import GRDB
public import SpoolCore

/// Pending messages of one kind in one batch.
public struct BacklogEntry: Equatable, Sendable {
    public var batch: BatchID
    public var user: Int64
    public var priority: Priority
    /// The device that has to take them; `nil` for any.
    public var owner: DeviceID?
    public var lane: Lane
    public var pending: Int
    /// Its batch or its user is held.
    public var isHeld: Bool
    /// None of them is due before; `nil` when that is not known.
    public var dueFrom: Date?
}

/// Messages of one kind that wait for a moment.
public struct WaitingEntry: Equatable, Sendable {
    public var batch: BatchID
    public var priority: Priority
    public var owner: DeviceID?
    public var lane: Lane
    /// The end of the span of time in which they become due.
    public var until: Date
    public var count: Int
}

extension QueueReader {
    /// What waits to be sent, counted by line: as long as there are lines, however many messages they have.
    public func backlog() async throws(QueueError) -> [BacklogEntry] {
        try await self.read { db in
            try db.prepared(
                """
                SELECT batchId, userId, priority, owner, lane, pending, isHeld, wakeAt FROM line WHERE pending > 0
                """
            ).all([]) { row in
                let wakeAt = row.integer(7)
                return BacklogEntry(
                    batch: BatchID(rawValue: row.integer(0)), user: row.integer(1),
                    priority: Priority(rawValue: Int(row.integer(2))) ?? .normal, owner: DeviceID(owner: row.text(3)),
                    lane: Lane(rawValue: Int(row.integer(4))) ?? .cold, pending: Int(row.integer(5)),
                    isHeld: row.integer(6) == 1, dueFrom: wakeAt == 0 ? nil : Date(milliseconds: wakeAt))
            }
        }
    }

    /// Of the backlog, what is not due yet, by spans of time. Reads every message that waits for a moment after `now`.
    public func waiting(after now: Date, spans: Duration) async throws(QueueError) -> [WaitingEntry] {
        let span = max(1, Int64(spans.seconds * 1000))
        return try await self.read { db in
            // messageWaiting
            let rows = try db.prepared(
                """
                SELECT batchId, priority, owner, lane, notBefore FROM message INDEXED BY messageWaiting
                WHERE status = 'pending' AND notBefore > 0 AND notBefore > ? AND heldAt IS NULL ORDER BY notBefore
                """)
            var counts: [WaitingKey: Int] = [:]
            _ = try rows.all([.integer(now.milliseconds)]) { row in
                let key = WaitingKey(
                    line: LineKey(
                        batch: row.integer(0), priority: Priority(rawValue: Int(row.integer(1))) ?? .normal,
                        owner: row.text(2), lane: Lane(rawValue: Int(row.integer(3))) ?? .cold),
                    span: (row.integer(4) - now.milliseconds - 1) / span)
                counts[key, default: 0] += 1
            }
            return counts.map { key, count in
                WaitingEntry(
                    batch: BatchID(rawValue: key.line.batch), priority: key.line.priority,
                    owner: DeviceID(owner: key.line.owner), lane: key.line.lane,
                    until: Date(milliseconds: now.milliseconds + (key.span + 1) * span), count: count)
            }.sorted { ($0.until, $0.batch, $0.priority.rawValue) < ($1.until, $1.batch, $1.priority.rawValue) }
        }
    }
}

private struct WaitingKey: Hashable {
    var line: LineKey
    var span: Int64
}

extension DeviceID {
    init?(owner: String) {
        guard !owner.isEmpty else { return nil }
        self.init(rawValue: owner)
    }
}
