import CSQLite
import GRDB

/// A prepared statement on GRDB's own connection, for the one loop where binding costs count: storing a file's rows.
///
/// Lives inside one transaction. Texts are bound without a copy and only for the length of one `run`.
final class BulkStatement {
    private let connection: OpaquePointer
    private let statement: OpaquePointer

    init(_ sql: String, _ db: Database) throws {
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
        }
        self.connection = connection
        self.statement = statement
    }

    deinit {
        sqlite3_finalize(self.statement)
    }

    /// Binds NULL, an integer or a text to the parameter with this number, from 1.
    func bind(_ parameter: Int32, _ value: Int64?) {
        if let value {
            sqlite3_bind_int64(self.statement, parameter, value)
        } else {
            sqlite3_bind_null(self.statement, parameter)
        }
    }

    /// The copy SQLite makes here is what lets the caller's string go out of scope.
    func bind(_ parameter: Int32, _ value: String?) {
        guard var value else {
            sqlite3_bind_null(self.statement, parameter)
            return
        }
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty buffer may have no address, which SQLite would take for NULL.
                guard let start = characters.baseAddress else {
                    _ = spool_bind_text_static(self.statement, parameter, "", 0)
                    return
                }
                _ = spool_bind_text_transient(self.statement, parameter, start, Int32(clamping: characters.count))
            }
        }
    }

    /// Runs the statement and returns how many rows it changed (0 when `ON CONFLICT DO NOTHING` did nothing).
    func run() throws -> Int {
        let code = sqlite3_step(self.statement)
        sqlite3_reset(self.statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(self.connection)),
                message: String(cString: sqlite3_errmsg(self.connection)))
        }
        return Int(sqlite3_changes(self.connection))
    }
}
