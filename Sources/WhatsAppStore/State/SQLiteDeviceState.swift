import Foundation
import GRDB
import WhatsAppClient

/// A transaction of one device. Statements are prepared once for each connection.
struct SQLiteDeviceState: DeviceState {
    let db: Database
    /// Of the device's row.
    let id: Int64
    let name: String
    let seal: Seal

    func statement(_ sql: String) throws -> Statement {
        try self.db.cachedStatement(sql: sql)
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try self.db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func seal(_ secret: some ContiguousBytes, _ column: SecretColumn) throws -> Data {
        try self.seal.seal(secret, column, ofDevice: self.id)
    }

    func open(_ stored: Data, _ column: SecretColumn) throws -> [UInt8] {
        try self.seal.open(stored, column, ofDevice: self.id)
    }
}
