import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MigrationTests {
    /// A database file as an earlier version has left it: all tables filled by its own statements.
    private func leave(_ version: String, at path: String) throws {
        let pool = try DatabasePool(path: path)
        try QueueDatabase.migrator.migrate(pool, upTo: version)
        try pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO batch (id, userId, file, results, format, inode, takenAt, importedAt, pending, processing, sent)
                    VALUES (1, 1, 'a.csv', 'a.csv', 'csv', 7, 1000, 2000, 1, 1, 1);
                    INSERT INTO message (id, batchId, userId, record, line, priority, number, body, queuedAt, ref)
                    VALUES (1, 1, 1, 1, 2, 1, '15550100001', 'One', 2000, 'r');
                    INSERT INTO message (id, batchId, userId, record, line, status, priority, number, body, queuedAt,
                        attempts, device, wireId, firstAttemptAt, leaseUntil)
                    VALUES (2, 1, 1, 2, 3, 'processing', 1, '15550100002', 'Two', 2000, 1, 'dev1', '3EB02', 3000, 9000);
                    INSERT INTO message (id, batchId, userId, record, line, status, priority, number, body, queuedAt,
                        attempts, device, wireId, firstAttemptAt, sentAt, finishedAt)
                    VALUES (3, 1, 1, 3, 4, 'sent', 1, '15550100003', 'Three', 2000, 1, 'dev1', '3EB03', 3000, 4000, 4000);
                    INSERT INTO attempt (messageId, number, device, startedAt) VALUES (2, 1, 'dev1', 3000);
                    INSERT INTO attempt (messageId, number, device, startedAt, endedAt, outcome)
                    VALUES (3, 1, 'dev1', 3000, 4000, 'sent');
                    """)
        }
        try pool.close()
    }

    @Test(arguments: [V1CreateQueue.name, V2AddDeviceRenaming.name])
    func `a database of an earlier version keeps everything and goes on`(version: String) async throws {
        let directory = try TemporaryDirectory()
        try self.leave(version, at: directory.path("queue.db"))
        let test = try TestQueue(in: directory)
        let fresh = try TestQueue()
        func schema(_ test: TestQueue) async throws -> [String] {
            try await test.values(String.self, "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name")
        }
        #expect(try await schema(test) == schema(fresh))
        #expect(
            try await test.values(String.self, "SELECT status FROM message ORDER BY id") == [
                "pending", "processing", "sent",
            ])
        #expect(try await test.values(String.self, "PRAGMA integrity_check") == ["ok"])
        #expect(try await test.count("SELECT count(*) FROM pragma_foreign_key_check") == 0)

        #expect(try await test.queue.rescueAbandonedClaims(now: TestQueue.noon) == 1)
        let claimed = try #require(try await test.claim(10).first)
        #expect(claimed.text == "One" && claimed.media == nil)
        try await test.settle(claimed, .sent(at: TestQueue.noon))
        try await test.add([request(4, media: MediaReference(source: "https://files.example/a"))], as: 2)
        #expect(try await test.reader.batchesWantingMedia(now: TestQueue.noon) == [BatchID(rawValue: 2)])
    }

    @Test func `steps are only ever appended`() {
        #expect(
            QueueDatabase.migrator.migrations.prefix(3) == [
                "1-create-queue", "2-add-device-renaming", "3-add-media",
            ])
    }
}
