import CryptoPrimitives
import Foundation
import GRDB
public import Logging
public import WhatsAppClient

/// The SQLite file with all linked devices of a daemon: WAL, `synchronous=FULL`, mode 0600, migrated when it is opened.
///
/// The only door to it, and only one may be open at a time: two writers with one device would destroy its Signal
/// sessions. With a key, secrets are encrypted in it; addresses, names and times are not. A backup that is put back makes
/// the devices use message keys twice: they have to be linked anew.
public final class DeviceDatabase: Sendable {
    let access: DatabasePool
    let writer: GroupWriter
    let seal: Seal
    private let logger: Logger
    /// Outlives the pool, for it holds the lock.
    private let file: DatabaseFile

    /// The file's path.
    public var path: String { self.file.path }

    /// Opens the file, making and migrating it as needed; its directory is made with mode 0700.
    /// - Parameter key: that with which it was made; `nil` for one that is not encrypted.
    /// - Throws: one of the cases about opening, and then the file is as it was.
    public init(
        path: String, key: StoreKey? = nil, logger: Logger = Logger(label: "devices")
    ) throws(StoreError) {
        self.logger = logger
        self.file = try DatabaseFile(path: path)
        do {
            try Self.check(path)
            self.access = try DatabasePool(path: path, configuration: Self.configuration())
        } catch {
            throw Self.openingError(error, path)
        }
        do {
            // FULL: what is written has to survive a power cut, not only a crash. Set here, because the pool sets NORMAL
            // when it turns WAL on, after the configuration had its say.
            try self.access.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            try DeviceMigrator.migrate(self.access)
            self.seal = try self.access.write { db in try Seal.ofDatabase(db, key, path: path) }
        } catch {
            throw Self.openingError(error, path)
        }
        self.writer = GroupWriter(self.access)
    }

    /// Waits for the write under way and gives the file free; stores of it fail from then on.
    public func close() throws(StoreError) {
        do {
            try self.access.close()
        } catch {
            throw StoreError(error)
        }
        self.file.unlock()
    }

    /// Looks before anything is written: a file that another program or a newer version made stays as it is.
    private static func check(_ path: String) throws {
        var configuration = Self.configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.read { db in try DeviceMigrator.check(db, path: path) }
        try database.close()
    }

    private static func openingError(_ error: any Error, _ path: String) -> StoreError {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_NOTADB else { return StoreError(error) }
        return .foreignDatabase(path: path)
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            try db.execute(sql: "PRAGMA cache_size = -4096")
            // Keys that were used up do not stay in the file.
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }
}

// Devices
extension DeviceDatabase {
    /// The names of all devices, the oldest first.
    public func deviceNames() async throws(StoreError) -> [String] {
        try await self.read { db in
            try String.fetchAll(db.cachedStatement(sql: "SELECT name FROM device ORDER BY id"))
        }
    }

    /// Makes a device and gives its store.
    /// - Throws: `deviceExists`.
    @discardableResult
    public func addDevice(_ device: LinkedDevice, named name: String) async throws(StoreError) -> SQLiteDeviceStore {
        let seal = self.seal
        let id = try await self.write { db in
            guard try Self.id(ofDevice: name, db) == nil else { throw StoreError.deviceExists(name) }
            return try DeviceRow.insert(device, named: name, seal, db)
        }
        return SQLiteDeviceStore(self, id: id, name: name)
    }

    /// The store of a device.
    /// - Throws: `noSuchDevice`.
    public func store(ofDevice name: String) async throws(StoreError) -> SQLiteDeviceStore {
        let id = try await self.read { db in try Self.id(ofDevice: name, db) }
        guard let id else { throw .noSuchDevice(name) }
        return SQLiteDeviceStore(self, id: id, name: name)
    }

    /// Gives a device another name; stores of it go on working.
    /// - Throws: `noSuchDevice`, `deviceExists`.
    public func renameDevice(_ name: String, to newName: String) async throws(StoreError) {
        try await self.write { db in
            guard let id = try Self.id(ofDevice: name, db) else { throw StoreError.noSuchDevice(name) }
            guard try [nil, id].contains(Self.id(ofDevice: newName, db)) else { throw StoreError.deviceExists(newName) }
            try db.execute(sql: "UPDATE device SET name = ? WHERE id = ?", arguments: [newName, id])
        }
    }

    /// Removes a device and all it has; stores of it fail from then on.
    /// - Throws: `noSuchDevice`.
    public func removeDevice(_ name: String) async throws(StoreError) {
        try await self.write { db in
            guard let id = try Self.id(ofDevice: name, db) else { throw StoreError.noSuchDevice(name) }
            try db.execute(sql: "DELETE FROM device WHERE id = ?", arguments: [id])
        }
        await self.emptyLog()
    }

    /// Brings what the -wal file has into the database, so that nothing deleted stays there. A reader or a full disk may
    /// be in the way: the device is gone all the same, and the next time has to do.
    private func emptyLog() async {
        do {
            try await self.access.writeOnce { db in
                _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            self.logger.warning("the log of the devices' database was not emptied", metadata: ["error": "\(error)"])
        }
    }

    private static func id(ofDevice name: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT id FROM device WHERE name = ?"), arguments: [name])
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await self.writer.write(body)
        } catch {
            throw StoreError(error)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await self.access.readOnce(body)
        } catch {
            throw StoreError(error)
        }
    }
}

extension DatabasePool {
    /// Runs `body` on what is committed by now, beside the writer, and to its end even when the task is cancelled.
    func readOnce<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.asyncRead { db in continuation.resume(with: Result { try body(db.get()) }) }
        }
    }

    /// Runs `body` on the writer's connection, outside of any transaction, and to its end as above.
    fileprivate func writeOnce(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            self.asyncWriteWithoutTransaction { db in continuation.resume(with: Result { try body(db) }) }
        }
    }
}

extension Seal {
    /// The seal of a database, which its first opening with a key decides.
    /// - Throws: `keyMissing`, `wrongKey`, `notEncrypted`.
    fileprivate static func ofDatabase(_ db: Database, _ key: StoreKey?, path: String) throws -> Seal {
        let row = try Row.fetchOne(db, sql: "SELECT salt, checkValue FROM seal")
        guard let row else {
            guard let key else { return .none }
            // While there is no device there is nothing that was written without the key.
            guard try Int.fetchOne(db, sql: "SELECT count(*) FROM device") == 0 else {
                throw StoreError.notEncrypted(path: path)
            }
            return try Self.make(key, db)
        }
        guard let key else { throw StoreError.keyMissing(path: path) }
        let seal = try Seal(key, salt: row.bytes(0, "seal.salt"))
        guard seal.isValid(checkValue: try row.value(1, "seal.checkValue")) else {
            throw StoreError.wrongKey(path: path)
        }
        return seal
    }

    private static func make(_ key: StoreKey, _ db: Database) throws -> Seal {
        var generator = SystemRandomNumberGenerator()
        let salt = generator.bytes(count: Self.saltSize)
        let seal = try Seal(key, salt: salt)
        try db.execute(
            sql: "INSERT INTO seal (id, salt, checkValue) VALUES (1, ?, ?)",
            arguments: [Data(salt), try seal.checkValue()])
        return seal
    }
}
