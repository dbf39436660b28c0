public import Foundation
import GRDB
public import SpoolCore

extension QueueReader {
    /// Open batches with attachments that are to be fetched by now.
    public func batchesWantingMedia(now: Date) async throws(QueueError) -> [BatchID] {
        try await self.read { db in
            // batchUnreported, and mediaWanted once for each priority
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT b.id FROM batch b INDEXED BY batchUnreported
                    WHERE b.reportedAt IS NULL AND b.rejectedAt IS NULL AND b.importedAt IS NOT NULL AND b.pending > 0
                    AND EXISTS (SELECT 1 FROM media m INDEXED BY mediaWanted
                        WHERE m.batchId = b.id AND m.priority BETWEEN 0 AND 2 AND m.hash IS NULL AND m.unfinished > 0
                        AND m.fetchAt <= ?)
                    ORDER BY b.id
                    """,
                arguments: [now.milliseconds]
            ).map { BatchID(rawValue: $0) }
        }
    }

    /// The batch's next attachments to fetch: those of urgent messages first, then in file order.
    public func wantedMedia(of batch: BatchID, now: Date, limit: Int) async throws(QueueError) -> [WantedMedia] {
        try await self.read { db in
            var wanted: [WantedMedia] = []
            for priority in Priority.allCases where wanted.count < limit {
                // mediaWanted
                wanted += try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT id, batchId, source, saidKind, saidName, attempts, firstAttemptAt
                            FROM media INDEXED BY mediaWanted
                            WHERE batchId = ? AND priority = ? AND fetchAt <= ? AND hash IS NULL AND unfinished > 0
                            ORDER BY fetchAt, id LIMIT ?
                            """),
                    arguments: [batch.rawValue, priority.rawValue, now.milliseconds, limit - wanted.count]
                ).map(WantedMedia.init)
            }
            return wanted
        }
    }

    /// When the next attachment becomes one to fetch; `nil` when none waits for a moment.
    public func nextMediaFetch(after now: Date) async throws(QueueError) -> Date? {
        try await self.read { db in
            // mediaWaiting
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(fetchAt) FROM media INDEXED BY mediaWaiting
                    WHERE hash IS NULL AND unfinished > 0 AND fetchAt > ?
                    """,
                arguments: [now.milliseconds]
            ).map { Date(milliseconds: $0) }
        }
    }

    /// Bytes of fetched attachments that messages still need.
    public func fetchedMediaSize() async throws(QueueError) -> Int64 {
        try await self.read { db in
            // mediaNeeded
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT coalesce(sum(size), 0) FROM media INDEXED BY mediaNeeded
                    WHERE isRemote = 1 AND hash IS NOT NULL AND unfinished > 0
                    """) ?? 0
        }
    }

    /// Attachments that are there, but of which a crash has kept some messages from hearing.
    public func untoldMedia() async throws(QueueError) -> [MediaID] {
        try await self.read { db in
            // mediaNeeded, messageAwaitingMedia
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM media INDEXED BY mediaNeeded
                    WHERE isRemote = 1 AND hash IS NOT NULL AND unfinished > 0
                    AND EXISTS (SELECT 1 FROM message INDEXED BY messageAwaitingMedia
                        WHERE mediaId = media.id AND status = 'pending' AND dueWithMedia IS NOT NULL)
                    """
            ).map { MediaID(rawValue: $0) }
        }
    }

    /// The batches that may still need attachments: all whose results are not written, importing ones too.
    public func unreportedBatches() async throws(QueueError) -> Set<BatchID> {
        try await self.read { db in
            // batchUnreported
            Set(
                try Int64.fetchAll(
                    db,
                    sql: """
                        SELECT id FROM batch INDEXED BY batchUnreported WHERE reportedAt IS NULL AND rejectedAt IS NULL
                        """
                ).map { BatchID(rawValue: $0) })
        }
    }
}

extension WantedMedia {
    fileprivate init(_ row: Row) {
        let kind: String = row["saidKind"]
        let name: String = row["saidName"]
        self.init(
            id: MediaID(rawValue: row["id"]), batch: BatchID(rawValue: row["batchId"]),
            reference: MediaReference(
                source: row["source"], kind: MediaKind(rawValue: kind), fileName: name.isEmpty ? nil : name),
            attempts: row["attempts"], firstAttemptAt: row.date("firstAttemptAt"))
    }
}
