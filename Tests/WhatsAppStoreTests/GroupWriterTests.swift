import Foundation
import GRDB
import SpoolTestSupport
import Testing
import WhatsAppClient

@testable import WhatsAppStore

@Suite struct GroupWriterTests {
    private struct Refusal: Error, Equatable {}

    private let test: TestDevices
    private let store: SQLiteDeviceStore

    init() async throws {
        self.test = try TestDevices()
        self.store = try await self.test.database.addDevice(self.test.device, named: "a")
    }

    private var writer: GroupWriter { self.test.database.writer }

    /// Runs `bodies` so that all of them wait, in this order, when a commit before them is done.
    private func together(
        _ bodies: [@Sendable (Database) throws -> Void]
    ) async throws -> [Result<Void, any Error>] {
        let gate = DispatchSemaphore(value: 0)
        let writer = self.writer
        return try await withThrowingTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
            // Holds the writer until all the others wait.
            self.test.database.access.asyncWriteWithoutTransaction { _ in gate.wait() }
            defer { gate.signal() }
            for (index, body) in bodies.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await writer.write(body)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
                try await eventually("write \(index) to wait") { writer.waitingCount == index + 1 }
            }
            gate.signal()
            var results = bodies.map { _ in Result<Void, any Error>.failure(Refusal()) }
            for try await (index, result) in group { results[index] = result }
            return results
        }
    }

    private static func insert(_ name: String) -> @Sendable (Database) throws -> Void {
        { db in
            try db.execute(sql: "INSERT INTO lidMapping (deviceId, pn, lid) VALUES (1, ?, ?)", arguments: [name, name])
        }
    }

    private func stored() async throws -> Set<String> {
        try await self.test.database.access.read { try String.fetchSet($0, sql: "SELECT pn FROM lidMapping") }
    }

    private static func isStoreError(_ result: Result<Void, any Error>) -> Bool {
        if case .failure(let error) = result { error is StoreError } else { false }
    }

    @Test func `writes that wait share one commit`() async throws {
        let counter = CommitCounter()
        self.test.database.access.add(transactionObserver: counter)
        let results = try await self.together((0..<20).map { Self.insert("\($0)") })
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(try await self.stored().count == 20)
        #expect(counter.count == 1)
    }

    @Test func `a body that throws is undone alone, and each sees what those before it did`() async throws {
        let results = try await self.together([
            Self.insert("a"),
            { db in
                try Self.insert("b")(db)
                throw Refusal()
            },
            { db in
                let names = try String.fetchSet(db, sql: "SELECT pn FROM lidMapping")
                guard names == ["a"] else { throw Refusal() }
                try Self.insert("c")(db)
            },
            Self.insert("a"),
        ])
        #expect(try await self.stored() == ["a", "c"])
        #expect(throws: Refusal.self) { try results[1].get() }
        #expect(throws: StoreError.self, "the row is there already") { try results[3].get() }
        #expect((try? results[0].get()) != nil && (try? results[2].get()) != nil)
    }

    @Test func `a commit that fails fails all of them and stores nothing`() async throws {
        let results = try await self.together([
            Self.insert("a"),
            { db in
                // Checked at the commit, and not before.
                try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
                try db.execute(sql: "INSERT INTO lidMapping (deviceId, pn, lid) VALUES (99, 'x', 'x')")
            },
            { _ in throw Refusal() },
            Self.insert("b"),
        ])
        #expect(try await self.stored().isEmpty)
        for index in [0, 1, 3] { #expect(Self.isStoreError(results[index]), "\(results[index])") }
        #expect(throws: Refusal.self) { try results[2].get() }
        try await self.writer.write(Self.insert("c"))
        #expect(try await self.stored() == ["c"])
    }

    @Test func `a body that ends the transaction fails all of them and stores nothing`() async throws {
        let results = try await self.together([
            Self.insert("a"),
            { db in
                try db.execute(sql: "INSERT OR ROLLBACK INTO lidMapping (deviceId, pn, lid) VALUES (1, 'a', 'a')")
            },
            Self.insert("b"),
        ])
        #expect(try await self.stored().isEmpty)
        #expect(results.allSatisfy(Self.isStoreError), "\(results)")
        #expect(Set(results.map { "\($0)" }).count == 1, "all are told the cause: \(results)")
        try await self.writer.write(Self.insert("c"))
        #expect(try await self.stored() == ["c"])
    }

    @Test func `more than fit a commit take several`() async throws {
        let counter = CommitCounter()
        self.test.database.access.add(transactionObserver: counter)
        let results = try await self.together((0..<GroupWriter.groupLimit + 1).map { Self.insert("\($0)") })
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(counter.count == 2)
    }

    @Test func `a cancelled task's write happens`() async throws {
        let store = self.store
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.write { try $0.saveMapping(LIDMapping(lid: "1", pn: "2")) }
            return try await store.read { try $0.loadLID(ofPN: "2") }
        }
        #expect(try await task.value == "1")
    }

    @Test func `reading does not wait for a writer, and sees nothing of what it has not committed`() async throws {
        let (gate, store) = (DispatchSemaphore(value: 0), self.store)
        let (events, event) = AsyncStream.makeStream(of: Void.self)
        async let write: Void = store.write { state in
            try state.saveMapping(LIDMapping(lid: "1", pn: "2"))
            event.yield()
            gate.wait()
        }
        for await _ in events { break }
        let before = try await waiting(for: "a read beside a writer") {
            try await store.read { try $0.loadLID(ofPN: "2") }
        }
        gate.signal()
        try await write
        #expect(before == nil)
        #expect(try await store.read { try $0.loadLID(ofPN: "2") } == "1")
    }
}

// A disk that takes nothing
extension GroupWriterTests {
    @Test func `a full disk stores nothing, is read on, and is over when there is room`() async throws {
        let pages = try await self.test.database.access.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        try await self.test.execute("PRAGMA max_page_count = \(pages)")
        let many: @Sendable (inout any DeviceState) throws -> Void = { state in
            for number in 0..<2000 { try state.saveMapping(LIDMapping(lid: "\(number)", pn: "\(number)")) }
        }
        await #expect(throws: StoreError.diskFull) { try await self.store.write { try many(&$0) } }
        #expect(try await self.stored().isEmpty)
        #expect(try await self.store.read { try $0.loadDevice() } == self.test.device)
        try await self.test.execute("PRAGMA max_page_count = 1000000")
        try await self.store.write { try many(&$0) }
        #expect(try await self.stored().count == 2000)
    }

    @Test func `a database that takes no writes is read on`() async throws {
        try await self.test.execute("PRAGMA query_only = ON")
        let error = try await #require(throws: StoreError.self) {
            try await self.store.write { try $0.saveMapping(LIDMapping(lid: "1", pn: "2")) }
        }
        guard case .notWritable = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try await self.store.read { try $0.loadDevice() } == self.test.device)
        try await self.test.execute("PRAGMA query_only = OFF")
        try await self.store.write { try $0.saveMapping(LIDMapping(lid: "1", pn: "2")) }
    }
}

/// Counts transactions. Called on the writer's queue only, and read when nothing is written.
private final class CommitCounter: TransactionObserver {
    private(set) var count = 0

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { self.count += 1 }
    func databaseDidRollback(_ db: Database) {}
}
