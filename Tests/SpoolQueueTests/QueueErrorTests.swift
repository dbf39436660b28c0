import GRDB
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct QueueErrorTests {
    @Test func `a full disk has its own case`() {
        #expect(QueueError(DatabaseError(resultCode: .SQLITE_FULL, message: "database or disk is full")) == .diskFull)
    }

    @Test func `SQLite's other errors keep their extended code`() {
        let error = DatabaseError(resultCode: .SQLITE_IOERR_WRITE, message: "disk I/O error")
        #expect(QueueError(error) == .database(code: 778, detail: "disk I/O error"))
        #expect(QueueError(error).description == "queue database: SQLite error 778: disk I/O error")
    }

    @Test func `an error of ours stays what it is`() {
        let error = QueueError.noSuchBatch(BatchID(rawValue: 3))
        #expect(QueueError(error as any Error) == error)
    }

    @Test func `no database at all is an unknown schema only while opening`() {
        let error = DatabaseError(resultCode: .SQLITE_NOTADB, message: "file is not a database")
        #expect(QueueError(opening: "/q", error) == .unknownSchema(path: "/q"))
        #expect(QueueError(error) == .database(code: 26, detail: "file is not a database"))
        #expect(QueueError(opening: "/q", QueueError.diskFull) == .diskFull)
    }

    @Test func `an error never tells what a message says`() async throws {
        let test = try TestQueue()
        let seed = test.seed(1)
        let twice = rows([request(1, ref: "secret")]) + rows([request(1)])
        let error = await #expect(throws: QueueError.self) {
            try await test.queue.append(twice, to: seed, now: TestQueue.noon)
        }
        let text = String(describing: error)
        for word in ["secret", "Text 1", request(1).recipient.address] { #expect(!text.contains(word)) }
    }
}
