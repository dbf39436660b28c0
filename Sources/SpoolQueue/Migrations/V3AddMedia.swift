import GRDB

/// Attachments: one row for each file that the rows of a batch ask for in the same words.
///
/// A message whose attachment has yet to be fetched is not due at any moment: `notBefore` is the end of time, and
/// `dueWithMedia` what it is to become. `unfinished` counts the messages that still need the attachment: up by the
/// import, down by a trigger.
enum V3AddMedia {
    static let name = "3-add-media"

    static func migrate(_ db: Database) throws {
        try db.execute(sql: Self.table)
        try db.execute(sql: Self.indexes)
        try db.execute(sql: Self.trigger)
    }

    private static let table = """
        CREATE TABLE media (
            id INTEGER PRIMARY KEY,
            batchId INTEGER NOT NULL REFERENCES batch(id),
            source TEXT NOT NULL,
            saidKind TEXT NOT NULL DEFAULT '' CHECK (saidKind IN ('', 'image', 'video', 'audio', 'document')),
            saidName TEXT NOT NULL DEFAULT '',
            isRemote INTEGER NOT NULL CHECK (isRemote IN (0, 1)),
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
            unfinished INTEGER NOT NULL DEFAULT 0 CHECK (unfinished >= 0),
            fetchAt INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            firstAttemptAt INTEGER,
            reason TEXT,
            hash BLOB CHECK (length(hash) = 32),
            kind TEXT CHECK (kind IN ('image', 'video', 'audio', 'document')),
            mimeType TEXT,
            fileName TEXT,
            size INTEGER CHECK (size > 0),
            isVoiceNote INTEGER NOT NULL DEFAULT 0 CHECK (isVoiceNote IN (0, 1)),
            seconds INTEGER,
            width INTEGER,
            height INTEGER,
            thumbnail BLOB,
            UNIQUE (batchId, source, saidKind, saidName),
            CHECK ((hash IS NULL) = (kind IS NULL) AND (hash IS NULL) = (mimeType IS NULL)
                AND (hash IS NULL) = (size IS NULL))
        ) STRICT;

        ALTER TABLE message ADD COLUMN mediaId INTEGER REFERENCES media(id);
        ALTER TABLE message ADD COLUMN dueWithMedia INTEGER;
        """

    private static let indexes = """
        CREATE INDEX messageOfMedia ON message(mediaId, status, id) WHERE mediaId IS NOT NULL;
        CREATE INDEX messageAwaitingMedia ON message(mediaId, id)
            WHERE status = 'pending' AND dueWithMedia IS NOT NULL;
        CREATE INDEX mediaWanted ON media(batchId, priority, fetchAt, id) WHERE hash IS NULL AND unfinished > 0;
        CREATE INDEX mediaWaiting ON media(fetchAt) WHERE hash IS NULL AND unfinished > 0;
        CREATE INDEX mediaFinished ON media(id) WHERE hash IS NOT NULL AND unfinished = 0;
        CREATE INDEX mediaNeeded ON media(isRemote, size) WHERE hash IS NOT NULL AND unfinished > 0;
        """

    private static let trigger = """
        CREATE TRIGGER messageNeedsMediaNoMore AFTER UPDATE OF finishedAt ON message
        WHEN NEW.mediaId IS NOT NULL AND OLD.finishedAt IS NULL AND NEW.finishedAt IS NOT NULL BEGIN
            UPDATE media SET unfinished = unfinished - 1 WHERE id = NEW.mediaId;
        END;
        """
}
