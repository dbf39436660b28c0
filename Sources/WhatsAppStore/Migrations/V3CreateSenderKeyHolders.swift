import GRDB

/// The devices that have our sender keys of groups, or may have them.
enum V3CreateSenderKeyHolders {
    static let name = "3-create-sender-key-holders"

    static func migrate(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE senderKeyHolder (
                    deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
                    groupId TEXT NOT NULL,
                    name TEXT NOT NULL,
                    number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 0xFFFFFFFF),
                    identity BLOB NOT NULL CHECK (length(identity) = 32),
                    keyId INTEGER NOT NULL CHECK (keyId BETWEEN 0 AND 0xFFFFFFFF),
                    isConfirmed INTEGER NOT NULL CHECK (isConfirmed IN (0, 1)),
                    PRIMARY KEY (deviceId, groupId, name, number)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX senderKeyHolderName ON senderKeyHolder(deviceId, name);
                """)
    }
}
