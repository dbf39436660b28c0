import GRDB

/// The first schema: users, batches, their messages, attempts, refused rows and API keys.
///
/// Times are milliseconds since 1970. A batch's counters are kept by triggers, so they can never disagree with its
/// messages; `status` is a closed set, and a message with a `ref` is unique for its user until it has failed. What is
/// checked for every message is written without `IN`: for a list of three and more, SQLite builds a table for each row.
enum V1CreateQueue {
    static let name = "1-create-queue"

    static func migrate(_ db: Database) throws {
        try db.execute(sql: Self.tables)
        try db.execute(sql: Self.indexes)
        try db.execute(sql: Self.triggers)
        try db.execute(sql: "INSERT INTO user (id, name, createdAt) VALUES (1, 'default', 0)")
    }

    private static let tables = """
        CREATE TABLE user (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            createdAt INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE batch (
            id INTEGER PRIMARY KEY,
            userId INTEGER NOT NULL REFERENCES user(id),
            file TEXT NOT NULL,
            results TEXT NOT NULL,
            format TEXT CHECK (format IN ('csv', 'json', 'jsonLines')),
            name TEXT,
            digest BLOB CHECK (digest IS NULL OR length(digest) = 32),
            inode INTEGER NOT NULL,
            takenAt INTEGER NOT NULL,
            importedAt INTEGER,
            heldAt INTEGER,
            rejectedAt INTEGER,
            rejectedCode TEXT,
            rejectedError TEXT,
            rejectedField TEXT,
            rejectedLine INTEGER,
            original TEXT,
            answeredAt INTEGER,
            lastFinishedAt INTEGER,
            reportedAt INTEGER,
            isDryRun INTEGER NOT NULL DEFAULT 0 CHECK (isDryRun IN (0, 1)),
            retryOf INTEGER REFERENCES batch(id),
            records INTEGER NOT NULL DEFAULT 0 CHECK (records >= 0),
            refused INTEGER NOT NULL DEFAULT 0 CHECK (refused >= 0),
            pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
            processing INTEGER NOT NULL DEFAULT 0 CHECK (processing >= 0),
            sent INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
            failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
            cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
            servedAt INTEGER NOT NULL DEFAULT 0,
            CHECK (importedAt IS NULL OR rejectedAt IS NULL),
            CHECK (reportedAt IS NULL OR (importedAt IS NOT NULL AND pending = 0 AND processing = 0))
        ) STRICT;

        CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            batchId INTEGER NOT NULL REFERENCES batch(id),
            userId INTEGER NOT NULL REFERENCES user(id),
            record INTEGER NOT NULL,
            line INTEGER NOT NULL,
            status TEXT NOT NULL DEFAULT 'pending'
                CHECK (status = 'pending' OR status = 'processing' OR status = 'sent' OR status = 'failed'
                    OR status = 'cancelled'),
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
            number TEXT NOT NULL,
            body TEXT NOT NULL,
            notBefore INTEGER NOT NULL DEFAULT 0,
            queuedAt INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            isUncertain INTEGER NOT NULL DEFAULT 0 CHECK (isUncertain IN (0, 1)),
            ref TEXT,
            timeZone TEXT,
            pin TEXT,
            expiresAt INTEGER,
            reason TEXT,
            device TEXT,
            wireId TEXT,
            firstAttemptAt INTEGER,
            leaseUntil INTEGER,
            heldAt INTEGER,
            uncertainAt INTEGER,
            cancelRequestedAt INTEGER,
            sentAt INTEGER,
            deliveredAt INTEGER,
            readAt INTEGER,
            finishedAt INTEGER,
            errorCode TEXT,
            error TEXT,
            CHECK (status <> 'processing' OR (wireId IS NOT NULL AND device IS NOT NULL AND leaseUntil IS NOT NULL)),
            CHECK (status <> 'sent' OR (sentAt IS NOT NULL AND wireId IS NOT NULL)),
            CHECK ((status <> 'pending' AND status <> 'processing') = (finishedAt IS NOT NULL)),
            CHECK (status <> 'failed' OR errorCode IS NOT NULL)
        ) STRICT;

        CREATE TABLE attempt (
            messageId INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number > 0),
            device TEXT NOT NULL,
            startedAt INTEGER NOT NULL,
            endedAt INTEGER,
            outcome TEXT CHECK (outcome IN ('sent', 'deferred', 'failed', 'uncertain', 'returned')),
            code TEXT,
            detail TEXT,
            PRIMARY KEY (messageId, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE refusal (
            batchId INTEGER NOT NULL REFERENCES batch(id) ON DELETE CASCADE,
            record INTEGER NOT NULL,
            line INTEGER NOT NULL,
            code TEXT NOT NULL,
            field TEXT,
            error TEXT NOT NULL,
            PRIMARY KEY (batchId, record)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE apiKey (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            userId INTEGER REFERENCES user(id),
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER,
            revokedAt INTEGER
        ) STRICT;
        """

    private static let indexes = """
        CREATE UNIQUE INDEX messageOfBatch ON message(batchId, record);
        CREATE UNIQUE INDEX messageRef ON message(userId, ref)
            WHERE ref IS NOT NULL AND (status <> 'failed' OR isUncertain = 1);
        CREATE UNIQUE INDEX messageWire ON message(wireId) WHERE wireId IS NOT NULL;
        CREATE INDEX messageDue ON message(batchId, pin, priority, notBefore, id)
            WHERE status = 'pending' AND heldAt IS NULL;
        CREATE INDEX messageHeld ON message(batchId) WHERE status = 'pending' AND heldAt IS NOT NULL;
        CREATE INDEX messageWaiting ON message(notBefore) WHERE status = 'pending' AND notBefore > 0;
        CREATE INDEX messageExpiry ON message(expiresAt) WHERE status = 'pending' AND expiresAt IS NOT NULL;
        CREATE INDEX messageProcessing ON message(device) WHERE status = 'processing';
        CREATE INDEX messageOpen ON message(id) WHERE finishedAt IS NULL;
        CREATE INDEX messageFinished ON message(finishedAt, id) WHERE finishedAt IS NOT NULL;
        CREATE INDEX attemptOfDevice ON attempt(device, startedAt);
        CREATE INDEX batchClaimable ON batch(servedAt)
            WHERE pending > 0 AND importedAt IS NOT NULL AND heldAt IS NULL;
        CREATE INDEX batchUnreported ON batch(id) WHERE reportedAt IS NULL AND rejectedAt IS NULL;
        CREATE INDEX batchUnanswered ON batch(id) WHERE answeredAt IS NULL;
        CREATE INDEX batchDigest ON batch(userId, digest) WHERE digest IS NOT NULL AND importedAt IS NOT NULL;
        CREATE INDEX batchFile ON batch(userId, file);
        CREATE INDEX batchResults ON batch(userId, results);
        """

    /// Rows are counted as pending by the import itself, once a chunk; a trigger a row would cost a third of its speed.
    private static let triggers = """
        CREATE TRIGGER messageStatus AFTER UPDATE OF status ON message WHEN OLD.status <> NEW.status BEGIN
            UPDATE batch SET
                pending = pending - (OLD.status = 'pending') + (NEW.status = 'pending'),
                processing = processing - (OLD.status = 'processing') + (NEW.status = 'processing'),
                sent = sent - (OLD.status = 'sent') + (NEW.status = 'sent'),
                failed = failed - (OLD.status = 'failed') + (NEW.status = 'failed'),
                cancelled = cancelled - (OLD.status = 'cancelled') + (NEW.status = 'cancelled'),
                lastFinishedAt = nullif(max(coalesce(lastFinishedAt, 0), coalesce(NEW.finishedAt, 0)), 0)
            WHERE id = NEW.batchId;
        END;

        CREATE TRIGGER messageFinal BEFORE UPDATE OF status ON message
        WHEN OLD.status <> 'pending' AND OLD.status <> 'processing' AND OLD.status <> NEW.status BEGIN
            SELECT RAISE(ABORT, 'a final message never changes its status');
        END;

        CREATE TRIGGER messageWireIsForLife BEFORE UPDATE OF wireId ON message
        WHEN OLD.wireId IS NOT NULL AND OLD.wireId IS NOT NEW.wireId BEGIN
            SELECT RAISE(ABORT, 'a message keeps one wire id for life');
        END;
        """
}
