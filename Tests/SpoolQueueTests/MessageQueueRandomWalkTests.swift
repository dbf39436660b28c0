import Foundation
import GRDB
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueRandomWalkTests {
    @Test(arguments: [20_261_121, 0xC0FF_EE00] as [UInt64])
    func `a random walk loses no message and doubles none`(seed: UInt64) async throws {
        var walk = try RandomWalk(seed: seed)
        var finals: [QueueID: MessageState] = [:]
        for step in 1...1000 {
            try await walk.step()
            guard step.isMultiple(of: 100) else { continue }
            try await self.check(walk, &finals)
        }
        #expect(walk.model.messages.count > 300, walk.comment)
        for state in MessageState.allCases {
            #expect(walk.model.messages.values.contains { $0.state == state }, "\(state) was never seen, seed \(seed)")
        }
        try await walk.drain()
        let open = try await walk.test.count("SELECT count(*) FROM message WHERE finishedAt IS NULL")
        #expect(open == 0, walk.comment)
        let unsettled = try await walk.test.count("SELECT count(*) FROM batch WHERE pending + processing > 0")
        #expect(unsettled == 0, walk.comment)
        try await self.checkTables(walk)
        #expect(try await walk.test.values(String.self, "PRAGMA integrity_check") == ["ok"], walk.comment)
        #expect(try await walk.test.count("SELECT count(*) FROM pragma_foreign_key_check") == 0, walk.comment)
    }

    private func check(_ walk: RandomWalk, _ finals: inout [QueueID: MessageState]) async throws {
        let stored = try await walk.test.database.access.read { db in
            try Row.fetchAll(db, sql: "SELECT id, status, wireId FROM message").map { row in
                (QueueID(rawValue: row["id"]), MessageState(rawValue: row["status"]), row["wireId"] as String?)
            }
        }
        #expect(stored.count == walk.model.messages.count, walk.comment)
        for (id, state, wireID) in stored {
            let known = walk.model.messages[id]
            #expect(state == known?.state, "message \(id), seed \(walk.seed)")
            #expect(wireID == known?.wireID?.rawValue, "message \(id), seed \(walk.seed)")
            if let final = finals[id] { #expect(state == final, "message \(id), seed \(walk.seed)") }
            if let state, state.isFinal { finals[id] = state }
        }
        try await self.checkTables(walk)
    }

    /// Statements that count what must not be.
    private static let contradictions = [
        """
        SELECT count(*) FROM batch b WHERE (pending, processing, sent, failed, cancelled) <> (
            SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'processing'),
                count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE status = 'failed'),
                count(*) FILTER (WHERE status = 'cancelled')
            FROM message WHERE batchId = b.id)
        """,
        "SELECT count(*) FROM batch b WHERE refused <> (SELECT count(*) FROM refusal WHERE batchId = b.id)",
        """
        SELECT count(*) FROM batch b
        WHERE lastFinishedAt IS NOT (SELECT max(finishedAt) FROM message WHERE batchId = b.id)
        """,
        "SELECT count(wireId) - count(DISTINCT wireId) FROM message",
        """
        SELECT count(*) FROM message m WHERE (attempts, attempts) <> (
            SELECT count(*), coalesce(max(number), 0) FROM attempt WHERE messageId = m.id)
        """,
        """
        SELECT count(*) FROM message m WHERE (status = 'processing' AND uncertainAt IS NULL) <> EXISTS (
            SELECT 1 FROM attempt WHERE messageId = m.id AND endedAt IS NULL)
        """,
        "SELECT count(*) FROM attempt WHERE (endedAt IS NULL) <> (outcome IS NULL)",
        """
        SELECT count(*) FROM attempt a
        WHERE endedAt IS NULL AND number <> (SELECT attempts FROM message WHERE id = a.messageId)
        """,
        """
        SELECT count(*) FROM message m WHERE status = 'sent' AND NOT EXISTS (
            SELECT 1 FROM attempt WHERE messageId = m.id AND number = m.attempts
            AND (outcome = 'sent' OR m.deliveredAt IS NOT NULL))
        """,
        """
        SELECT count(*) FROM message
        WHERE status <> 'processing' AND (leaseUntil IS NOT NULL OR uncertainAt IS NOT NULL)
        """,
        "SELECT count(*) FROM message WHERE (attempts > 0) <> (wireId IS NOT NULL)",
        """
        SELECT count(*) FROM media m WHERE unfinished <> (
            SELECT count(*) FROM message WHERE mediaId = m.id AND finishedAt IS NULL)
        """,
        "SELECT count(*) FROM message WHERE status = 'processing' AND dueWithMedia IS NOT NULL",
        "SELECT count(*) FROM message WHERE readAt IS NOT NULL AND deliveredAt IS NULL",
    ]

    private func checkTables(_ walk: RandomWalk) async throws {
        for contradiction in Self.contradictions {
            #expect(try await walk.test.count(contradiction) == 0, "\(contradiction), seed \(walk.seed)")
        }
    }
}
