import GRDB

/// Renamings of devices that are under way: the queue's rows carry the new name already, the transport may not yet.
enum V2AddDeviceRenaming {
    static let name = "2-add-device-renaming"

    static func migrate(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE deviceRenaming (
                    fromName TEXT PRIMARY KEY,
                    toName TEXT NOT NULL UNIQUE,
                    CHECK (fromName <> toName)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
