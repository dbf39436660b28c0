import Foundation
import GRDB
import SpoolCore

/// The attachments of one chunk's rows on their way into the queue: those that are asked for in the same words become
/// one.
struct MediaInsertion {
    /// An attachment as the messages of a chunk have it.
    struct Entry {
        let id: Int64
        /// Whether it is there; else its messages wait.
        let isThere: Bool
        fileprivate var messages = 0
        fileprivate var priority = Priority.low
        fileprivate var fetchAt = MessageQueue.endOfTime
    }

    private let batch: Int64
    private let db: Database
    private var entries: [MediaReference: Entry] = [:]

    init(_ batch: BatchID, _ db: Database) {
        self.batch = batch.rawValue
        self.db = db
    }

    /// Makes the attachment, unless the batch has it already.
    /// - Parameter content: What the import found; `nil` for what has to be fetched.
    mutating func entry(_ reference: MediaReference, _ content: MediaContent?) throws -> Entry {
        if let entry = self.entries[reference] { return entry }
        let said: StatementArguments = [
            "batch": self.batch, "source": reference.source, "saidKind": reference.kind?.rawValue ?? "",
            "saidName": reference.fileName ?? "", "isRemote": content == nil, "endOfTime": MessageQueue.endOfTime,
        ]
        let row = try Row.fetchOne(
            self.db.cachedStatement(sql: Self.upsert), arguments: said + (content?.arguments ?? Self.unknown))
        guard let row else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
        let entry = Entry(id: row["id"], isThere: row["isThere"])
        self.entries[reference] = entry
        return entry
    }

    /// Counts a message that was stored with the attachment.
    mutating func count(_ reference: MediaReference, _ request: MessageRequest) {
        self.entries[reference]?.messages += 1
        let due = max(0, (request.sendAt?.milliseconds ?? 0) - MessageQueue.fetchAhead)
        if let entry = self.entries[reference] {
            self.entries[reference]?.fetchAt = min(entry.fetchAt, due)
            if request.priority.rawValue < entry.priority.rawValue {
                self.entries[reference]?.priority = request.priority
            }
        }
    }

    /// Stores what was counted.
    func finish() throws {
        for entry in self.entries.values where entry.messages > 0 {
            try self.db.cachedStatement(
                sql: """
                    UPDATE media SET unfinished = unfinished + ?, priority = min(priority, ?), fetchAt = min(fetchAt, ?)
                    WHERE id = ?
                    """
            ).execute(arguments: [entry.messages, entry.priority.rawValue, entry.fetchAt, entry.id])
        }
    }

    /// What is new is wanted by nobody yet: `finish` says when, and how urgently.
    private static let upsert = """
        INSERT INTO media (batchId, source, saidKind, saidName, isRemote, priority, fetchAt, hash, kind, mimeType, fileName,
            size, isVoiceNote, seconds, width, height, thumbnail)
        VALUES (:batch, :source, :saidKind, :saidName, :isRemote, 2, :endOfTime, :hash, :kind, :mimeType, :fileName, :size,
            :isVoiceNote, :seconds, :width, :height, :thumbnail)
        ON CONFLICT (batchId, source, saidKind, saidName) DO UPDATE SET source = source
        RETURNING id, hash IS NOT NULL AS isThere
        """

    private static let unknown: StatementArguments = [
        "hash": nil, "kind": nil, "mimeType": nil, "fileName": nil, "size": nil, "isVoiceNote": false, "seconds": nil,
        "width": nil, "height": nil, "thumbnail": nil,
    ]
}
