import GRDB

/// Files at the media servers, so that one that is sent again need not be uploaded again.
enum V2CreateMediaUploads {
    static let name = "2-create-media-uploads"

    static func migrate(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE mediaUpload (
                    id INTEGER PRIMARY KEY,
                    deviceId INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
                    fileHash BLOB NOT NULL CHECK (length(fileHash) = 32),
                    kind TEXT NOT NULL,
                    mediaKey BLOB NOT NULL,
                    encryptedHash BLOB NOT NULL CHECK (length(encryptedHash) = 32),
                    fileLength INTEGER NOT NULL CHECK (fileLength >= 0),
                    url TEXT NOT NULL,
                    directPath TEXT NOT NULL,
                    keyMadeAt INTEGER NOT NULL,
                    uploadedAt INTEGER NOT NULL,
                    UNIQUE (deviceId, fileHash, kind)
                ) STRICT;
                CREATE INDEX mediaUploadTime ON mediaUpload(deviceId, uploadedAt);
                """)
    }
}
