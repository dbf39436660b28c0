import CSQLite
import GRDB
import SpoolCore

/// A statement of GRDB's cache, bound and stepped through SQLite's own interface.
///
/// For what runs once and more a message, where GRDB's rows and arguments would cost more than the statement does.
/// Belongs to the transaction it was made in.
struct PreparedStatement {
    private let connection: OpaquePointer
    private let owner: Statement
    private var statement: OpaquePointer { self.owner.sqliteStatement }

    init(_ sql: String, _ db: Database) throws {
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.connection = connection
        self.owner = try db.cachedStatement(sql: sql)
    }

    /// Runs a statement that yields nothing of interest.
    /// - Returns: How many rows it has changed.
    @discardableResult
    func run(_ values: [SQLValue]) throws -> Int {
        defer { self.reset() }
        self.bind(values)
        while try self.step() {}
        return Int(sqlite3_changes(self.connection))
    }

    /// The first row, after which the statement has run to its end.
    func first<Value>(_ values: [SQLValue], _ read: (SQLRow) throws -> Value) throws -> Value? {
        defer { self.reset() }
        self.bind(values)
        guard try self.step() else { return nil }
        let value = try read(SQLRow(self.statement))
        while try self.step() {}
        return value
    }

    func all<Value>(_ values: [SQLValue], _ read: (SQLRow) throws -> Value) throws -> [Value] {
        defer { self.reset() }
        self.bind(values)
        var found: [Value] = []
        while try self.step() { found.append(try read(SQLRow(self.statement))) }
        return found
    }

    private func bind(_ values: [SQLValue]) {
        for (index, value) in values.enumerated() {
            let parameter = Int32(index + 1)
            switch value {
            case .null: sqlite3_bind_null(self.statement, parameter)
            case .integer(let value): sqlite3_bind_int64(self.statement, parameter, value)
            case .text(var value):
                value.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { characters in
                        // An empty buffer may have no address, which SQLite would take for NULL.
                        guard let start = characters.baseAddress else {
                            _ = spool_bind_text_static(self.statement, parameter, "", 0)
                            return
                        }
                        _ = spool_bind_text_transient(
                            self.statement, parameter, start, Int32(clamping: characters.count))
                    }
                }
            case .blob(let value):
                value.withUnsafeBytes { bytes in
                    _ = spool_bind_blob_transient(
                        self.statement, parameter, bytes.baseAddress, Int32(clamping: bytes.count))
                }
            }
        }
    }

    private func step() throws -> Bool {
        switch sqlite3_step(self.statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(self.connection)),
                message: String(cString: sqlite3_errmsg(self.connection)))
        }
    }

    private func reset() {
        sqlite3_reset(self.statement)
    }
}

/// A value for a parameter.
enum SQLValue {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func integer(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    static func lane(_ lane: Lane) -> SQLValue { .integer(Int64(lane.rawValue)) }
    static func priority(_ priority: Priority) -> SQLValue { .integer(Int64(priority.rawValue)) }
}

/// The row a statement stands on. Columns are numbered from 0.
struct SQLRow {
    private let statement: OpaquePointer

    fileprivate init(_ statement: OpaquePointer) {
        self.statement = statement
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(self.statement, column) == SQLITE_NULL }

    /// 0 for NULL.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(self.statement, column) }

    func optionalInteger(_ column: Int32) -> Int64? { self.isNull(column) ? nil : self.integer(column) }

    /// Empty for NULL.
    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(self.statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(self.statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? { self.isNull(column) ? nil : self.text(column) }

    /// Empty for NULL.
    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(self.statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(self.statement, column))))
    }
}

extension Database {
    func prepared(_ sql: String) throws -> PreparedStatement { try PreparedStatement(sql, self) }
}
