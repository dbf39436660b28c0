import CSQLite
import Foundation
import SpoolTestSupport

/// The queue's database, read by SQLite alone and not by the code under test.
final class StoredQueue {
    private let database: OpaquePointer
    private let copy: TemporaryDirectory?

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Opens the database of a running daemon, or of one that has stopped in order.
    init(readingIn state: String) throws {
        self.copy = nil
        self.database = try Self.open(state + "/queue.db", SQLITE_OPEN_READONLY)
    }

    /// Opens a copy of what a killed daemon left, so that its own next start is what recovers the original.
    init(copyOf state: String) throws {
        let copy = try TemporaryDirectory()
        for name in ["queue.db", "queue.db-wal"] where FileManager.default.fileExists(atPath: state + "/" + name) {
            try FileManager.default.copyItem(atPath: state + "/" + name, toPath: copy.path(name))
        }
        self.copy = copy
        self.database = try Self.open(copy.path("queue.db"), SQLITE_OPEN_READWRITE)
    }

    deinit {
        sqlite3_close(self.database)
    }

    /// All rows of a query as texts; NULL is an empty one.
    func rows(_ sql: String) throws -> [[String]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(self.database, sql, -1, &statement, nil) == SQLITE_OK else { throw self.failure() }
        defer { sqlite3_finalize(statement) }
        let width = sqlite3_column_count(statement)
        var rows: [[String]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append((0..<width).map { sqlite3_column_text(statement, $0).map { String(cString: $0) } ?? "" })
            case SQLITE_DONE: return rows
            default: throw self.failure()
            }
        }
    }

    /// The number that a query gives.
    func number(_ sql: String) throws -> Int {
        guard let text = try self.rows(sql).first?.first, let number = Int(text) else {
            throw Failure(description: "no number: \(sql)")
        }
        return number
    }

    private static func open(_ path: String, _ flags: Int32) throws -> OpaquePointer {
        var database: OpaquePointer?
        let status = sqlite3_open_v2(path, &database, flags, nil)
        guard let database else { throw Failure(description: "\(path): no memory") }
        guard status == SQLITE_OK else {
            sqlite3_close(database)
            throw Failure(description: "\(path): \(String(cString: sqlite3_errstr(status)))")
        }
        sqlite3_busy_timeout(database, 10_000)
        return database
    }

    private func failure() -> Failure {
        Failure(description: String(cString: sqlite3_errmsg(self.database)))
    }
}
