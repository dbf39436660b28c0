import CSQLite
import SpoolCore

/// One prepared `UPDATE … RETURNING` by the primary key, committed by itself, on a connection of its own.
final class ReferenceUpdate {
    private let connection: OpaquePointer
    private let statement: OpaquePointer

    init(path: String) throws {
        var connection: OpaquePointer?
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK, let connection else {
            throw BenchmarkError("\(path) cannot be opened")
        }
        let setUp = "PRAGMA synchronous = FULL; PRAGMA cache_size = -4096; PRAGMA busy_timeout = 10000"
        guard sqlite3_exec(connection, setUp, nil, nil, nil) == SQLITE_OK else {
            throw BenchmarkError(String(cString: sqlite3_errmsg(connection)))
        }
        var statement: OpaquePointer?
        let sql = "UPDATE message SET reason = 'benchmark' WHERE id = ? RETURNING id, number, body, attempts"
        guard sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw BenchmarkError(String(cString: sqlite3_errmsg(connection)))
        }
        self.connection = connection
        self.statement = statement
    }

    deinit {
        sqlite3_finalize(self.statement)
        sqlite3_close(self.connection)
    }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(self.connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw BenchmarkError(String(cString: sqlite3_errmsg(self.connection)))
        }
    }

    /// - Returns: How long it took, in seconds.
    func update(message: Int64) throws -> Double {
        let begin = ContinuousClock.now
        sqlite3_bind_int64(self.statement, 1, message)
        while sqlite3_step(self.statement) == SQLITE_ROW {}
        guard sqlite3_reset(self.statement) == SQLITE_OK else {
            throw BenchmarkError(String(cString: sqlite3_errmsg(self.connection)))
        }
        return (ContinuousClock.now - begin).seconds
    }
}
