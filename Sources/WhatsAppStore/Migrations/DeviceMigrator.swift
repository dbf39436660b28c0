import GRDB

/// The steps from an empty file to the present schema: only ever appended. The file's `user_version` is the number of
/// steps it has seen, its `application_id` says whose it is.
enum DeviceMigrator {
    /// "spDv"
    static let applicationID: Int32 = 0x7370_4476
    static let version = Self.steps.count

    private static let steps: [(name: String, migrate: @Sendable (Database) throws -> Void)] = [
        (V1CreateDevices.name, V1CreateDevices.migrate),
        (V2CreateMediaUploads.name, V2CreateMediaUploads.migrate),
        (V3CreateSenderKeyHolders.name, V3CreateSenderKeyHolders.migrate),
    ]

    /// - Parameter version: how far to go.
    static func migrate(_ database: some DatabaseWriter, to version: Int = Self.version) throws {
        var migrator = DatabaseMigrator()
        for (index, step) in Self.steps.prefix(version).enumerated() {
            migrator.registerMigration(step.name) { db in
                try step.migrate(db)
                try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
                try db.execute(sql: "PRAGMA user_version = \(index + 1)")
            }
        }
        try migrator.migrate(database)
    }

    /// - Throws: `foreignDatabase`, `newerDatabase`.
    static func check(_ db: Database, path: String) throws {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
        if application == 0, version == 0, isEmpty { return }
        guard application == Self.applicationID, version > 0 else { throw StoreError.foreignDatabase(path: path) }
        guard version <= Self.version else {
            throw StoreError.newerDatabase(path: path, version: version, known: Self.version)
        }
    }
}
