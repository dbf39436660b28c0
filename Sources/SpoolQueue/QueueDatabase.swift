import Foundation
import GRDB
import Glibc
import SpoolCore

/// The queue's SQLite file: WAL, `synchronous=FULL`, mode 0600, migrated when the daemon opens it.
///
/// The only door to the database. Writers go through `MessageQueue`, readers through `QueueReader`.
public struct QueueDatabase: Sendable {
    let access: any DatabaseWriter
    /// The file's path; empty for a database in memory.
    public let path: String
    /// What has happened to device names while this value and its copies have been the way to the database.
    let names = DeviceNameLog()

    /// Opens the file for the daemon, making and migrating it as needed.
    public static func open(path: String) throws(QueueError) -> QueueDatabase {
        do {
            try Self.makePrivate(path)
            try Self.refuseForeign(path)
            let pool = try DatabasePool(path: path, configuration: Self.configuration())
            // FULL: a stored message or wire id has to survive a power cut, not only a crash. Set here, because the pool
            // sets NORMAL when it turns WAL on, after the configuration had its say.
            // The log is copied back once in 16 MB: at SQLite's usual 4 MB, more than one claim in a hundred waits for that.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
            }
            try Self.migrator.migrate(pool)
            return QueueDatabase(access: pool, path: path)
        } catch {
            throw QueueError(opening: path, error)
        }
    }

    /// A database that lives as long as this value, for tests and simulations.
    public static func inMemory() throws(QueueError) -> QueueDatabase {
        do {
            let database = QueueDatabase(access: try DatabaseQueue(configuration: Self.configuration()), path: "")
            try Self.migrator.migrate(database.access)
            return database
        } catch {
            throw QueueError(error)
        }
    }

    /// Opens an existing file to read it beside a running daemon or without one; never changes it.
    public static func openForReading(path: String) throws(QueueError) -> QueueDatabase {
        guard Glibc.access(path, F_OK) == 0 else { throw .noDatabase(path: path) }
        do {
            var configuration = Self.configuration()
            configuration.readonly = true
            let database = QueueDatabase(access: try DatabasePool(path: path, configuration: configuration), path: path)
            let isKnown = try database.access.read { db in
                try Self.migrator.hasCompletedMigrations(db) && !Self.migrator.hasBeenSuperseded(db)
            }
            guard isKnown else { throw QueueError.unknownSchema(path: path) }
            return database
        } catch {
            throw QueueError(opening: path, error)
        }
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(V1CreateQueue.name, migrate: V1CreateQueue.migrate)
        migrator.registerMigration(V2AddDeviceRenaming.name, migrate: V2AddDeviceRenaming.migrate)
        migrator.registerMigration(V3AddMedia.name, migrate: V3AddMedia.migrate)
        migrator.registerMigration(V4AddScheduling.name, migrate: V4AddScheduling.migrate)
        return migrator
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            try db.execute(sql: "PRAGMA cache_size = -4096")
        }
        return configuration
    }

    /// Looks before anything is written: a file that another program or a newer version made stays as it is.
    private static func refuseForeign(_ path: String) throws {
        var configuration = Self.configuration()
        configuration.readonly = true
        try DatabaseQueue(path: path, configuration: configuration).read { db in
            let isOurs = try db.tableExists("grdb_migrations") && !Self.migrator.hasBeenSuperseded(db)
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
            guard isOurs || isEmpty else { throw QueueError.unknownSchema(path: path) }
        }
    }

    /// SQLite gives its -wal and -shm files the mode of the database, so that has to be right before it opens it.
    private static func makePrivate(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw QueueError.database(code: 14, detail: "\(path): \(String(cString: strerror(errno)))")
        }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }
}
