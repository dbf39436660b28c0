import GRDB
import SpoolCore

/// Where pending messages of one kind stand: the key of a line.
struct LineKey: Hashable {
    var batch: Int64
    var priority: Priority
    /// The device that has to take them, `''` for any.
    var owner: String
    var lane: Lane

    var values: [SQLValue] {
        [.integer(self.batch), .priority(self.priority), .text(self.owner), .lane(self.lane)]
    }
}

/// Lines: what a claim looks along instead of all messages. Triggers keep them; two things they cannot see.
extension MessageQueue {
    /// Makes the lines of a batch whose rows can be claimed from now on.
    static func addLines(of batch: BatchID, _ db: Database) throws {
        // messageHead covers it
        try db.execute(
            sql: Self.addLines + "WHERE m.batchId = ? " + Self.byKind, arguments: [batch.rawValue])
    }

    /// Messages of these lines have become due earlier than the lines know.
    static func wakeLines(after now: Int64, _ db: Database) throws {
        try db.execute(sql: "UPDATE line SET wakeAt = 0 WHERE wakeAt > ?", arguments: [now])
    }

    static let addLines = """
        INSERT INTO line (batchId, priority, owner, lane, userId, pending, isHeld, wakeAt, turn)
        SELECT m.batchId, m.priority, m.owner, m.lane, (SELECT userId FROM batch WHERE id = m.batchId), count(*),
            (SELECT b.heldAt IS NOT NULL OR u.heldAt IS NOT NULL
                FROM batch b JOIN user u ON u.id = b.userId WHERE b.id = m.batchId),
            min(m.notBefore), (SELECT turn FROM lastTurn)
        FROM message m INDEXED BY messageHead

        """
    static let byKind = """
        AND m.status = 'pending' AND m.heldAt IS NULL GROUP BY m.batchId, m.owner, m.lane, m.priority
        """
}
