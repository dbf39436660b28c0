import GRDB

/// What claims are decided by: who owns a message and in which lane it is, the lines of what may be claimed, and what is
/// known of recipients.
///
/// A message with the owner `''` may be taken by any device. `line` counts the pending messages of an imported batch that
/// nobody holds by priority, owner and lane; triggers keep it, so that none is ever lost to claims. Its `wakeAt` is 0
/// while claims look at it, else a moment before which none of its messages is due. `userTurn` has a row for each user
/// with a line that is looked at, and perhaps for others.
enum V4AddScheduling {
    static let name = "4-add-scheduling"

    static func migrate(_ db: Database) throws {
        try db.execute(sql: Self.columns)
        try db.execute(sql: Self.tables)
        try db.execute(sql: Self.indexes)
        try db.execute(sql: Self.triggers)
        try db.execute(
            sql: """
                UPDATE message SET owner = coalesce(pin, ''), lane = CASE WHEN number LIKE '%@g.us' THEN 1 ELSE 2 END
                WHERE finishedAt IS NULL
                """)
        try db.execute(sql: Self.attempts)
        try db.execute(sql: Self.lineTriggers)
        try db.execute(
            sql: MessageQueue.addLines + "WHERE m.batchId IN (SELECT id FROM batch WHERE importedAt IS NOT NULL) "
                + MessageQueue.byKind)
    }

    private static let columns = """
        DROP INDEX messageDue;
        DROP INDEX batchClaimable;
        DROP TRIGGER messageStatus;
        ALTER TABLE batch DROP COLUMN servedAt;

        ALTER TABLE message ADD COLUMN owner TEXT NOT NULL DEFAULT '';
        ALTER TABLE message ADD COLUMN lane INTEGER NOT NULL DEFAULT 2 CHECK (lane BETWEEN 0 AND 2);
        ALTER TABLE message ADD COLUMN textHash INTEGER;
        ALTER TABLE message ADD COLUMN slotAt INTEGER;
        ALTER TABLE message ADD COLUMN releasedAt INTEGER;
        ALTER TABLE message ADD COLUMN holdCode TEXT;
        ALTER TABLE message ADD COLUMN failAt INTEGER;
        ALTER TABLE batch ADD COLUMN holdReason TEXT;
        ALTER TABLE batch ADD COLUMN outcomes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE batch ADD COLUMN outcomeCount INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE user ADD COLUMN heldAt INTEGER;
        """

    /// Made anew for a check that does not build a table for each row.
    private static let attempts = """
        ALTER TABLE attempt RENAME TO earlierAttempt;
        CREATE TABLE attempt (
            messageId INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number > 0),
            device TEXT NOT NULL,
            startedAt INTEGER NOT NULL,
            lane INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 2),
            endedAt INTEGER,
            outcome TEXT CHECK (outcome = 'sent' OR outcome = 'deferred' OR outcome = 'failed' OR outcome = 'uncertain'
                OR outcome = 'returned'),
            code TEXT,
            detail TEXT,
            PRIMARY KEY (messageId, number)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO attempt (messageId, number, device, startedAt, lane, endedAt, outcome, code, detail)
        SELECT a.messageId, a.number, a.device, a.startedAt, m.lane, a.endedAt, a.outcome, a.code, a.detail
        FROM earlierAttempt a JOIN message m ON m.id = a.messageId ORDER BY a.messageId, a.number;
        DROP TABLE earlierAttempt;
        CREATE INDEX attemptOfDevice ON attempt(device, startedAt);
        CREATE INDEX attemptCold ON attempt(device, startedAt) WHERE lane = 2 AND outcome = 'sent';
        """

    private static let tables = """
        CREATE TABLE line (
            batchId INTEGER NOT NULL REFERENCES batch(id) ON DELETE CASCADE,
            priority INTEGER NOT NULL,
            owner TEXT NOT NULL,
            lane INTEGER NOT NULL,
            userId INTEGER NOT NULL,
            pending INTEGER NOT NULL CHECK (pending >= 0),
            isHeld INTEGER NOT NULL CHECK (isHeld IN (0, 1)),
            wakeAt INTEGER NOT NULL CHECK (wakeAt >= 0),
            turn INTEGER NOT NULL,
            PRIMARY KEY (batchId, priority, owner, lane)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE userTurn (
            userId INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            owner TEXT NOT NULL,
            lane INTEGER NOT NULL,
            turn INTEGER NOT NULL,
            PRIMARY KEY (userId, priority, owner, lane)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE lastTurn (turn INTEGER NOT NULL) STRICT;
        INSERT INTO lastTurn VALUES (0);

        CREATE TABLE recipient (
            number TEXT PRIMARY KEY,
            owner TEXT NOT NULL DEFAULT '',
            lastSentAt INTEGER,
            unanswered BLOB,
            blockedUntil INTEGER,
            reachTries INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE contact (
            device TEXT NOT NULL,
            number TEXT NOT NULL,
            firstInAt INTEGER,
            lastInAt INTEGER,
            lastOutAt INTEGER,
            lastDeliveredAt INTEGER,
            lastReadAt INTEGER,
            PRIMARY KEY (device, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE suppression (
            userId INTEGER NOT NULL REFERENCES user(id) ON DELETE CASCADE,
            number TEXT NOT NULL,
            addedAt INTEGER NOT NULL,
            source TEXT NOT NULL,
            PRIMARY KEY (userId, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE hold (
            scope TEXT NOT NULL CHECK (scope IN ('all', 'device')),
            name TEXT NOT NULL,
            heldAt INTEGER NOT NULL,
            PRIMARY KEY (scope, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE setting (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE deviceState (
            device TEXT PRIMARY KEY,
            state BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let indexes = """
        CREATE INDEX messageHead ON message(batchId, owner, lane, priority, notBefore, id)
            WHERE status = 'pending' AND heldAt IS NULL;
        CREATE INDEX messageOfNumber ON message(number, slotAt) WHERE status = 'pending';
        CREATE INDEX messageText ON message(number, textHash, firstAttemptAt) WHERE firstAttemptAt IS NOT NULL;
        CREATE INDEX messageFailing ON message(failAt) WHERE status = 'pending' AND failAt IS NOT NULL;
        CREATE INDEX lineAwake ON line(userId, priority, owner, lane, turn, batchId)
            WHERE wakeAt = 0 AND isHeld = 0;
        CREATE INDEX lineAsleep ON line(owner, wakeAt) WHERE wakeAt > 0 AND isHeld = 0;
        CREATE INDEX userTurnNext ON userTurn(priority, owner, lane, turn, userId);
        """

    /// `outcomes` has one bit for each of the batch's last 50 answers, set where the number was not on WhatsApp.
    private static let triggers = """
        CREATE TRIGGER messageStatus AFTER UPDATE OF status ON message WHEN OLD.status <> NEW.status BEGIN
            UPDATE batch SET
                pending = pending - (OLD.status = 'pending') + (NEW.status = 'pending'),
                processing = processing - (OLD.status = 'processing') + (NEW.status = 'processing'),
                sent = sent - (OLD.status = 'sent') + (NEW.status = 'sent'),
                failed = failed - (OLD.status = 'failed') + (NEW.status = 'failed'),
                cancelled = cancelled - (OLD.status = 'cancelled') + (NEW.status = 'cancelled'),
                lastFinishedAt = nullif(max(coalesce(lastFinishedAt, 0), coalesce(NEW.finishedAt, 0)), 0),
                outcomeCount = min(50, outcomeCount
                    + (OLD.status = 'processing' AND (NEW.status = 'sent' OR NEW.status = 'failed'))),
                outcomes = CASE
                    WHEN OLD.status = 'processing' AND (NEW.status = 'sent' OR NEW.status = 'failed')
                    THEN ((outcomes << 1) | (NEW.errorCode IS 'NOT_ON_WHATSAPP')) & ((1 << 50) - 1) ELSE outcomes END
            WHERE id = NEW.batchId;
        END;
        """

    /// A message is in the line of its kind while it is pending and not held. Rows of an import enter their lines together,
    /// at its end.
    private static let lineTriggers = """
        CREATE TRIGGER messageLeavesLine AFTER UPDATE OF status, heldAt, owner, lane ON message
        WHEN OLD.status = 'pending' AND OLD.heldAt IS NULL AND NOT (NEW.status = 'pending' AND NEW.heldAt IS NULL
            AND OLD.owner = NEW.owner AND OLD.lane = NEW.lane)
        BEGIN
            UPDATE line SET pending = pending - 1
            WHERE batchId = OLD.batchId AND priority = OLD.priority AND owner = OLD.owner AND lane = OLD.lane;
        END;

        CREATE TRIGGER messageEntersLine AFTER UPDATE OF status, heldAt, owner, lane ON message
        WHEN NEW.status = 'pending' AND NEW.heldAt IS NULL AND NOT (OLD.status = 'pending' AND OLD.heldAt IS NULL
            AND OLD.owner = NEW.owner AND OLD.lane = NEW.lane)
        BEGIN
            INSERT INTO line (batchId, priority, owner, lane, userId, pending, isHeld, wakeAt, turn)
            SELECT b.id, NEW.priority, NEW.owner, NEW.lane, b.userId, 1, b.heldAt IS NOT NULL OR u.heldAt IS NOT NULL,
                NEW.notBefore, (SELECT turn FROM lastTurn)
            FROM batch b JOIN user u ON u.id = b.userId WHERE b.id = NEW.batchId AND b.importedAt IS NOT NULL
            ON CONFLICT DO UPDATE SET pending = pending + 1, wakeAt = min(wakeAt, excluded.wakeAt),
                turn = CASE WHEN wakeAt > excluded.wakeAt THEN excluded.turn ELSE turn END;
        END;

        CREATE TRIGGER messageDueSooner AFTER UPDATE OF notBefore ON message
        WHEN NEW.status = 'pending' AND NEW.heldAt IS NULL AND NEW.notBefore < OLD.notBefore BEGIN
            UPDATE line SET wakeAt = NEW.notBefore, turn = (SELECT turn FROM lastTurn)
            WHERE batchId = NEW.batchId AND priority = NEW.priority AND owner = NEW.owner AND lane = NEW.lane
                AND wakeAt > NEW.notBefore;
        END;

        CREATE TRIGGER batchHeld AFTER UPDATE OF heldAt ON batch WHEN (OLD.heldAt IS NULL) <> (NEW.heldAt IS NULL) BEGIN
            UPDATE line SET turn = (SELECT turn FROM lastTurn),
                isHeld = NEW.heldAt IS NOT NULL OR (SELECT heldAt FROM user WHERE id = line.userId) IS NOT NULL
            WHERE batchId = NEW.id;
        END;

        CREATE TRIGGER userHeld AFTER UPDATE OF heldAt ON user WHEN (OLD.heldAt IS NULL) <> (NEW.heldAt IS NULL) BEGIN
            UPDATE line SET turn = (SELECT turn FROM lastTurn),
                isHeld = NEW.heldAt IS NOT NULL OR (SELECT heldAt FROM batch WHERE id = line.batchId) IS NOT NULL
            WHERE userId = NEW.id;
        END;

        CREATE TRIGGER lineAdded AFTER INSERT ON line WHEN NEW.wakeAt = 0 AND NEW.isHeld = 0 BEGIN
            INSERT INTO userTurn (userId, priority, owner, lane, turn)
            VALUES (NEW.userId, NEW.priority, NEW.owner, NEW.lane, NEW.turn) ON CONFLICT DO NOTHING;
        END;

        CREATE TRIGGER lineWoken AFTER UPDATE OF wakeAt, isHeld ON line
        WHEN NEW.wakeAt = 0 AND NEW.isHeld = 0 AND (OLD.wakeAt > 0 OR OLD.isHeld = 1) BEGIN
            INSERT INTO userTurn (userId, priority, owner, lane, turn)
            VALUES (NEW.userId, NEW.priority, NEW.owner, NEW.lane, NEW.turn) ON CONFLICT DO NOTHING;
        END;
        """
}
