import Foundation
import GRDB
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct QueueDatabaseTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let now = TestQueue.noon

    init() throws {
        self.directory = try TemporaryDirectory()
        self.path = self.directory.path("queue.db")
    }

    private func mode(of file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    }

    /// A database that another program made.
    private func makeForeign(_ sql: String) throws {
        let other = try GRDB.DatabaseQueue(path: self.path)
        try other.write { try $0.execute(sql: sql) }
        try other.close()
    }

    @Test func `a commit is on the disk before it returns`() async throws {
        let database = try QueueDatabase.open(path: self.path)
        let settings = try await database.access.write { db in
            [
                try Int.fetchOne(db, sql: "PRAGMA synchronous").map(String.init),
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA foreign_keys").map(String.init),
            ]
        }
        #expect(settings == ["2", "wal", "1"])
    }

    @Test func `a fresh file and a fresh memory have the same schema`() async throws {
        let file = try QueueDatabase.open(path: self.path)
        let memory = try QueueDatabase.inMemory()
        func schema(_ database: QueueDatabase) async throws -> [String] {
            try await database.access.read {
                try String.fetchAll($0, sql: "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name")
            }
        }
        #expect(try await schema(file) == schema(memory))
        #expect(try await QueueReader(memory).users() == [.default])
        #expect(try await schema(memory).count { $0.hasPrefix("CREATE TABLE") && $0.contains("STRICT") } == 17)
    }

    @Test func `its files are the daemon's alone`() async throws {
        let test = try TestQueue(in: self.directory)
        try await test.add(1)
        for suffix in ["", "-wal", "-shm"] {
            #expect(try self.mode(of: self.path + suffix) == 0o600, "queue.db\(suffix)")
        }
    }

    @Test func `rights that were too wide are taken back`() throws {
        try self.directory.write("", to: "queue.db")
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: self.path)
        _ = try QueueDatabase.open(path: self.path)
        #expect(try self.mode(of: self.path) == 0o600)
    }

    @Test func `reopening keeps everything`() async throws {
        let before = try TestQueue(in: self.directory)
        try await before.add([request(1, ref: "a"), request(2, expiresAt: self.now + .seconds(9))], as: 1)
        try await before.process(.deferred(until: self.now + .seconds(60), code: "503", reason: "Busy"))
        _ = try await before.queue.addKey(name: "k", user: nil, expiresAt: nil, now: self.now)
        try await before.queue.append([badRow(1)], to: before.seed(2), now: self.now)
        let content = try await before.content()
        let beside = try TestQueue(in: self.directory)
        #expect(try await beside.content() == content)
        try before.database.access.close()
        try beside.database.access.close()
        let after = try TestQueue(in: self.directory)
        #expect(try await after.content() == content)
        #expect(content.count == 8)
    }

    @Test func `a reader sees what the daemon stores and changes nothing`() async throws {
        let test = try TestQueue(in: self.directory)
        try await test.add(2)
        let database = try QueueDatabase.openForReading(path: self.path)
        let reader = QueueReader(database)
        #expect(try await reader.countInQueue() == 2)
        try await test.process(.sent(at: self.now))
        #expect(try await reader.countInQueue() == 1)
        let before = try await test.content()
        await #expect(throws: QueueError.self) { try await reader.checkWritable() }
        await #expect(throws: QueueError.self) {
            try await MessageQueue(database).cancel(.all, now: self.now)
        }
        #expect(try await test.content() == before)
        try await test.reader.checkWritable()
    }

    @Test func `a reader works when no daemon runs`() async throws {
        let test = try TestQueue(in: self.directory)
        try await test.add(2)
        try test.database.access.close()
        let reader = QueueReader(try QueueDatabase.openForReading(path: self.path))
        #expect(try await reader.countInQueue() == 2)
    }

    @Test func `reading needs a database that is there`() throws {
        #expect(throws: QueueError.noDatabase(path: self.path)) { try QueueDatabase.openForReading(path: self.path) }
        #expect(!self.directory.exists("queue.db"))
    }

    @Test func `a file of a newer version is refused`() async throws {
        let test = try TestQueue(in: self.directory)
        try await test.execute("INSERT INTO grdb_migrations (identifier) VALUES ('99-later')")
        try test.database.access.close()
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.open(path: self.path) }
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.openForReading(path: self.path) }
    }

    @Test(arguments: [
        "CREATE TABLE message (id INTEGER)", "CREATE TABLE other (id INTEGER)",
        "CREATE TABLE grdb_migrations (identifier TEXT PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('v1')",
    ])
    func `another program's database is refused and left as it is`(sql: String) throws {
        try self.makeForeign(sql)
        let before = try self.directory.read("queue.db")
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.open(path: self.path) }
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.openForReading(path: self.path) }
        #expect(try self.directory.read("queue.db") == before)
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
        let text = String(repeating: "number,message\n", count: 100)
        try self.directory.write(text, to: "queue.db")
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.open(path: self.path) }
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.openForReading(path: self.path) }
        #expect(try self.directory.text("queue.db") == text)
    }

    @Test func `a database without its tables cannot be read but can be made`() async throws {
        try self.directory.write("", to: "queue.db")
        #expect(throws: QueueError.unknownSchema(path: self.path)) { try QueueDatabase.openForReading(path: self.path) }
        let queue = MessageQueue(try QueueDatabase.open(path: self.path))
        try await queue.addUser(.shop, now: self.now)
    }

    @Test func `a directory that is not there is said by its path`() throws {
        let path = self.directory.path("state/queue.db")
        let error = #expect(throws: QueueError.self) { try QueueDatabase.open(path: path) }
        #expect(error == .database(code: 14, detail: "\(path): No such file or directory"))
    }

    @Test func `a full disk stores nothing of the transaction and is over when there is room`() async throws {
        let test = try TestQueue(in: self.directory)
        let ids = try await test.add(10)
        let before = try await test.content()
        try await test.limitPages(to: "(SELECT page_count FROM pragma_page_count)")
        let seed = test.seed(2)
        await #expect(throws: QueueError.diskFull) {
            try await test.queue.append(rows((0..<5000).map { request($0) }), to: seed, now: self.now)
        }
        #expect(try await test.content() == before)
        #expect(try await test.claim().map(\.id) == [ids[0]])
        try await test.limitPages(to: "1000000")
        #expect(try await test.add(5000, as: 2).count == 5000)
    }

    @Test func `two databases in memory are two`() async throws {
        let first = try TestQueue()
        let second = try TestQueue()
        try await first.add(1)
        #expect(try await second.reader.countInQueue() == 0)
    }
}

extension TestQueue {
    /// Bounds the size of the database, as a full disk does.
    fileprivate func limitPages(to expression: String) async throws {
        try await self.database.access.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "SELECT \(expression)") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
    }
}
