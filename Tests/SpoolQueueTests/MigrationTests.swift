import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

/// Files of earlier versions.
@Suite struct MigrationTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let now = TestQueue.noon

    init() throws {
        self.directory = try TemporaryDirectory()
        self.path = self.directory.path("queue.db")
    }

    private func makeFile(upTo migration: String, _ sql: String) throws {
        let file = try GRDB.DatabaseQueue(path: self.path)
        try QueueDatabase.migrator.migrate(file, upTo: migration)
        try file.write { try $0.execute(sql: sql) }
        try file.close()
    }

    private static let content = """
        INSERT INTO batch (id, userId, file, results, inode, takenAt, importedAt, records, pending, processing, sent)
        VALUES (1, 1, 'a.csv', 'a.csv', 1, 0, 1, 5, 3, 1, 1);
        INSERT INTO batch (id, userId, file, results, inode, takenAt, records, pending)
        VALUES (2, 1, 'b.csv', 'b.csv', 2, 0, 1, 1);
        INSERT INTO batch (id, userId, file, results, inode, takenAt, importedAt, heldAt, records, pending)
        VALUES (3, 1, 'c.csv', 'c.csv', 3, 0, 1, 1, 1, 1);
        INSERT INTO message (id, batchId, userId, record, line, priority, number, body, queuedAt, pin, notBefore) VALUES
            (1, 1, 1, 1, 2, 1, '15550100001', 'A', 0, NULL, 0), (2, 1, 1, 2, 3, 1, '15550100002', 'B', 0, 'dev2', 0),
            (3, 1, 1, 3, 4, 0, '1203@g.us', 'C', 0, NULL, 1800014460000), (6, 2, 1, 1, 2, 1, '15550100006', 'F', 0, NULL, 0),
            (7, 3, 1, 1, 2, 1, '15550100007', 'G', 0, NULL, 0);
        INSERT INTO message (id, batchId, userId, record, line, priority, number, body, queuedAt, status, device, wireId,
            leaseUntil, firstAttemptAt, sentAt, finishedAt, attempts) VALUES
            (4, 1, 1, 4, 5, 1, '15550100004', 'D', 0, 'processing', 'dev1', 'W4', 9, 5, NULL, NULL, 1),
            (5, 1, 1, 5, 6, 1, '15550100005', 'E', 0, 'sent', 'dev1', 'W5', NULL, 5, 6, 6, 1);
        INSERT INTO attempt (messageId, number, device, startedAt, endedAt, outcome)
        VALUES (4, 1, 'dev1', 5, NULL, NULL), (5, 1, 'dev1', 5, 6, 'sent');
        """

    @Test(arguments: [V1CreateQueue.name, V2AddDeviceRenaming.name, V3AddMedia.name])
    func `a file of an earlier version becomes one of this, and goes on`(migration: String) async throws {
        try self.makeFile(upTo: migration, Self.content)
        let test = try TestQueue(in: self.directory)
        func schema(_ database: QueueDatabase) async throws -> [String] {
            try await database.access.read {
                try String.fetchAll($0, sql: "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name")
            }
        }
        #expect(try await schema(test.database) == schema(QueueDatabase.inMemory()))
        #expect(try await test.count("SELECT count(*) FROM pragma_foreign_key_check") == 0)
        #expect(try await test.claim(9).map(\.id.rawValue) == [1])
        #expect(try await test.claim(9, for: .second).map(\.id.rawValue) == [2])
        #expect(try await test.claim(9, now: self.now + .seconds(60)).map(\.lane) == [.known])
        try await test.queue.release(.batch(BatchID(rawValue: 3)), now: self.now)
        try await test.queue.finishImport([], of: test.seed(2), isStrict: false, now: self.now)
        #expect(try await test.claim(9).map(\.id.rawValue).sorted() == [6, 7])
        #expect(try await test.reader.sends(of: .first, since: Date(milliseconds: 0)).count == 6)
        #expect(try await test.reader.coldDeliveries(of: .first, before: self.now, limit: 5) == [false])
        try await test.add([request(4, media: MediaReference(source: "https://files.example/a"))], as: 4)
        #expect(try await test.reader.batchesWantingMedia(now: self.now) == [BatchID(rawValue: 4)])
    }

    @Test func `steps are only ever appended`() {
        #expect(
            QueueDatabase.migrator.migrations.prefix(4) == [
                "1-create-queue", "2-add-device-renaming", "3-add-media", "4-add-scheduling",
            ])
    }
}
