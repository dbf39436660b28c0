public import Foundation
import GRDB
public import SpoolCore

extension MessageQueue {
    /// When a message is due that waits for its attachment: never, until it is told that it is there.
    static let endOfTime: Int64 = 253_402_300_799_000

    /// How long before its first message is due an attachment is fetched, in milliseconds.
    static let fetchAhead: Int64 = 600_000

    /// Most messages that are told of an attachment in one commit: others are not to wait long for theirs.
    static let mostTold = 5000

    /// The attachment is there: stores what it is, and tells the first of its messages.
    ///
    /// - Returns: Whether there may be more to tell by `tell`.
    public func storeMedia(_ content: MediaContent, for media: MediaID, now: Date) async throws(QueueError) -> Bool {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE media SET hash = :hash, kind = :kind, mimeType = :mimeType, fileName = :fileName, size = :size,
                        isVoiceNote = :isVoiceNote, seconds = :seconds, width = :width, height = :height,
                        thumbnail = :thumbnail, reason = NULL
                    WHERE id = :id
                    """, arguments: content.arguments + ["id": media.rawValue])
            return try Self.tell(of: media, now, db)
        }
    }

    /// Makes further messages of an attachment that is there due at their moments. Those with a text that their sound
    /// cannot carry fail.
    ///
    /// - Returns: Whether there may be more.
    public func tell(of media: MediaID, now: Date) async throws(QueueError) -> Bool {
        try await self.write { db in try Self.tell(of: media, now, db) }
    }

    /// Fails messages whose attachment cannot be had, a few thousand at a time. It is not fetched again unless a message
    /// that is under way comes back for it.
    ///
    /// - Returns: Whether there may be more.
    public func failMedia(_ media: MediaID, _ refusal: Refusal, now: Date) async throws(QueueError) -> Bool {
        try await self.write { db in
            // messageOfMedia
            let isMore = try Self.fail(
                """
                message INDEXED BY messageOfMedia WHERE mediaId = ?1 AND mediaId IS NOT NULL AND status = 'pending'
                """, media, refusal, now, db)
            try db.execute(
                sql: "UPDATE media SET fetchAt = ? WHERE id = ?", arguments: [Self.endOfTime, media.rawValue])
            return isMore
        }
    }

    /// A try to fetch the attachment failed: the next one is not before the moment.
    public func deferMedia(
        _ media: MediaID, until moment: Date, reason: String, now: Date
    ) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE media SET fetchAt = ?, attempts = attempts + 1, firstAttemptAt = coalesce(firstAttemptAt, ?),
                        reason = ?
                    WHERE id = ?
                    """,
                arguments: [moment.milliseconds, now.milliseconds, reason, media.rawValue])
        }
    }

    /// Forgets what is known of attachments whose messages are all final, a hundred at a time.
    ///
    /// - Returns: The sources that their batches need no longer. One stays while the batch needs it for other messages.
    public func dropFinishedMedia() async throws(QueueError) -> Set<FinishedMedia> {
        try await self.write { db in
            // mediaFinished
            let finished = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, batchId, source FROM media INDEXED BY mediaFinished
                    WHERE hash IS NOT NULL AND unfinished = 0 AND NOT EXISTS (\(Self.sameSource))
                    AND (SELECT importedAt FROM batch WHERE id = batchId) IS NOT NULL LIMIT 100
                    """)
            for row in finished {
                try db.cachedStatement(sql: "UPDATE media SET \(Self.withoutContent) WHERE id = ?")
                    .execute(arguments: [row["id"] as Int64])
            }
            return Set(
                finished.map { FinishedMedia(batch: BatchID(rawValue: $0["batchId"]), source: $0["source"]) })
        }
    }

    /// Attachments from the same place that messages still need, along the index of the table's UNIQUE.
    private static let sameSource = """
        SELECT 1 FROM media other WHERE other.batchId = media.batchId AND other.source = media.source
        AND other.unfinished > 0
        """

    /// The columns of an attachment that is not there.
    static let withoutContent = """
        hash = NULL, kind = NULL, mimeType = NULL, fileName = NULL, size = NULL, seconds = NULL, width = NULL,
        height = NULL, thumbnail = NULL, isVoiceNote = 0
        """

    private static func tell(of media: MediaID, _ now: Date, _ db: Database) throws -> Bool {
        let kind = try String.fetchOne(db, sql: "SELECT kind FROM media WHERE id = ?", arguments: [media.rawValue])
        if kind == MediaKind.audio.rawValue {
            let isMore = try Self.fail(
                Self.waiting + " AND body <> ''", media, MediaReference.captionOfAudio, now, db)
            guard !isMore else { return true }
        }
        // messageAwaitingMedia
        try db.execute(
            sql: """
                UPDATE message SET notBefore = dueWithMedia, dueWithMedia = NULL, reason = NULL
                WHERE id IN (SELECT id FROM \(Self.waiting) ORDER BY id LIMIT \(Self.mostTold))
                """,
            arguments: [media.rawValue])
        return db.changesCount == Self.mostTold
    }

    /// - Parameter messages: Which of them, with the attachment's id as the first argument.
    /// - Returns: Whether there may be more.
    private static func fail(
        _ messages: String, _ media: MediaID, _ refusal: Refusal, _ now: Date, _ db: Database
    ) throws -> Bool {
        try db.execute(
            sql: """
                UPDATE message SET status = 'failed', errorCode = ?2, error = ?3, finishedAt = ?4, reason = NULL
                WHERE id IN (SELECT id FROM \(messages) ORDER BY id LIMIT \(Self.mostTold))
                """,
            arguments: [media.rawValue, refusal.code.rawValue, refusal.message, now.milliseconds])
        return db.changesCount == Self.mostTold
    }

    /// Messages that wait for the attachment whose id is the first argument.
    private static let waiting = """
        message INDEXED BY messageAwaitingMedia WHERE mediaId = ?1 AND status = 'pending' AND dueWithMedia IS NOT NULL
        """
}

extension MessageQueue {
    /// The attachment of a claimed message.
    static func queuedMedia(_ id: Int64, _ db: Database) throws -> QueuedMedia {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM media WHERE id = ?"), arguments: [id])
        guard let row else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an attachment is missing") }
        return QueuedMedia(id: MediaID(rawValue: id), isRemote: row["isRemote"], content: MediaContent(row))
    }

    /// A claimed message whose attachment is not there waits for it, which is fetched again: at once, unless it is being
    /// tried already.
    static func awaitMedia(_ message: QueueID, _ now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE media SET fetchAt = CASE WHEN hash IS NULL AND fetchAt < ?1 THEN fetchAt ELSE ?2 END,
                    attempts = CASE WHEN hash IS NULL THEN attempts ELSE 0 END,
                    firstAttemptAt = CASE WHEN hash IS NULL THEN firstAttemptAt END,
                    \(Self.withoutContent)
                WHERE id = (SELECT mediaId FROM message WHERE id = ?3) AND isRemote = 1
                """,
            arguments: [Self.endOfTime, now.milliseconds, message.rawValue])
    }
}

extension MediaContent {
    init?(_ row: Row) {
        guard let hash: Data = row["hash"], let kind = (row["kind"] as String?).flatMap(MediaKind.init(rawValue:))
        else {
            return nil
        }
        var description = MediaDescription(
            kind: kind, mimeType: row["mimeType"], fileName: row["fileName"], size: row["size"])
        description.isVoiceNote = row["isVoiceNote"]
        description.seconds = row["seconds"]
        description.width = row["width"]
        description.height = row["height"]
        description.thumbnail = (row["thumbnail"] as Data?).map { Array($0) }
        self.init(hash: Array(hash), description: description)
    }

    /// The columns of what is known of an attachment that is there.
    var arguments: StatementArguments {
        [
            "hash": Data(self.hash), "kind": self.description.kind.rawValue, "mimeType": self.description.mimeType,
            "fileName": self.description.fileName, "size": self.description.size,
            "isVoiceNote": self.description.isVoiceNote, "seconds": self.description.seconds,
            "width": self.description.width, "height": self.description.height,
            "thumbnail": self.description.thumbnail.map { Data($0) },
        ]
    }
}
