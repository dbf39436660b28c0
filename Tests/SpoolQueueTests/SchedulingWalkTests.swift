import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct SchedulingWalkTests {
    @Test(arguments: [20_261_122, 0xFEED, 7] as [UInt64])
    func `whatever rules and people do, nothing is lost and nobody starves`(seed: UInt64) async throws {
        var walk = try await SchedulingWalk(seed: seed)
        for step in 1...1200 {
            try await walk.step()
            if step.isMultiple(of: 40) { try await self.check(walk, "step \(step), ") }
        }
        try await walk.drain()
        try await self.check(walk, "drained, ")
        let open = try await walk.test.count("SELECT count(*) FROM message WHERE finishedAt IS NULL")
        #expect(open == 0, walk.comment)
        for state in ["sent", "failed", "cancelled"] {
            #expect(
                try await walk.test.count("SELECT count(*) FROM message WHERE status = '\(state)'") > 10, walk.comment)
        }
        for lane in 0...2 {
            #expect(try await walk.test.count("SELECT count(*) FROM attempt WHERE lane = \(lane)") > 10, walk.comment)
        }
    }

    /// Statements that count what must not be.
    private static let contradictions = [
        // A line counts its messages, and every message is counted.
        """
        SELECT count(*) FROM (
            SELECT batchId, priority, owner, lane, pending FROM line WHERE pending > 0
            EXCEPT SELECT m.batchId, m.priority, m.owner, m.lane, count(*) FROM message m JOIN batch b ON b.id = m.batchId
            WHERE m.status = 'pending' AND m.heldAt IS NULL AND b.importedAt IS NOT NULL GROUP BY 1, 2, 3, 4)
        """,
        """
        SELECT count(*) FROM (
            SELECT m.batchId, m.priority, m.owner, m.lane, count(*) FROM message m JOIN batch b ON b.id = m.batchId
            WHERE m.status = 'pending' AND m.heldAt IS NULL AND b.importedAt IS NOT NULL GROUP BY 1, 2, 3, 4
            EXCEPT SELECT batchId, priority, owner, lane, pending FROM line)
        """,
        // No message is due before its line wakes, and no line that is awake lacks its user's turn.
        """
        SELECT count(*) FROM line l WHERE wakeAt > (SELECT min(notBefore) FROM message m WHERE m.batchId = l.batchId
            AND m.priority = l.priority AND m.owner = l.owner AND m.lane = l.lane AND m.status = 'pending'
            AND m.heldAt IS NULL)
        """,
        """
        SELECT count(*) FROM line l WHERE wakeAt = 0 AND isHeld = 0 AND NOT EXISTS (SELECT 1 FROM userTurn t
            WHERE t.userId = l.userId AND t.priority = l.priority AND t.owner = l.owner AND t.lane = l.lane)
        """,
        """
        SELECT count(*) FROM line l JOIN batch b ON b.id = l.batchId JOIN user u ON u.id = b.userId
        WHERE l.isHeld <> (b.heldAt IS NOT NULL OR u.heldAt IS NOT NULL) OR l.userId <> b.userId
        """,
        // Counters agree with the messages.
        """
        SELECT count(*) FROM batch b WHERE (pending, processing, sent, failed, cancelled) <> (
            SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'processing'),
                count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE status = 'failed'),
                count(*) FILTER (WHERE status = 'cancelled')
            FROM message WHERE batchId = b.id)
        """,
        "SELECT count(wireId) - count(DISTINCT wireId) FROM message",
        "SELECT count(*) FROM message WHERE status = 'pending' AND pin IS NOT NULL AND owner <> pin",
        "SELECT count(*) FROM message WHERE status = 'processing' AND slotAt IS NOT NULL",
        "SELECT count(*) FROM message WHERE heldAt IS NULL AND (holdCode IS NOT NULL OR failAt IS NOT NULL) AND finishedAt IS NULL",
        """
        SELECT count(*) FROM message WHERE status = 'pending' AND isUncertain = 1 AND owner <> device
        """,
        "SELECT count(*) FROM message m JOIN attempt a ON a.messageId = m.id AND a.number = m.attempts WHERE m.device <> a.device",
    ]

    private func check(_ walk: SchedulingWalk, _ moment: String) async throws {
        for contradiction in Self.contradictions {
            #expect(try await walk.test.count(contradiction) == 0, "\(contradiction), \(moment)seed \(walk.seed)")
        }
    }
}
