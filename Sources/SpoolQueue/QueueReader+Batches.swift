public import Foundation
import GRDB
public import SpoolCore

extension QueueReader {
    private static let select = """
        SELECT b.*, u.name AS user,
            (SELECT count(*) FROM message m INDEXED BY messageHeld
             WHERE m.batchId = b.id AND m.status = 'pending' AND m.heldAt IS NOT NULL) AS heldMessages
        FROM batch b JOIN user u ON u.id = b.userId
        """

    /// One page of batches, the latest first.
    public func batches(
        of user: UserName? = nil, after cursor: PageCursor? = nil, limit: Int
    ) async throws(QueueError) -> Page<BatchView> {
        try await self.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: Self.select + """
                     WHERE (?1 IS NULL OR u.name = ?1) AND (?2 IS NULL OR b.id < ?2) ORDER BY b.id DESC LIMIT ?3
                    """,
                arguments: [user?.rawValue, cursor?.id, limit + 1])
            let shown = rows.prefix(limit).map(BatchView.init)
            let next = rows.count > limit ? shown.last.map { PageCursor(moment: 0, id: $0.id.rawValue) } : nil
            return Page(elements: shown, next: next)
        }
    }

    /// One batch; `nil` when there is none, or it is another user's.
    public func batch(_ id: BatchID, of user: UserName? = nil) async throws(QueueError) -> BatchView? {
        try await self.read { db in
            try Row.fetchOne(
                db, sql: Self.select + " WHERE b.id = ?1 AND (?2 IS NULL OR u.name = ?2)",
                arguments: [id.rawValue, user?.rawValue]
            ).map(BatchView.init)
        }
    }

    /// The latest batch made from the drop file with this name and inode: how its submitter finds it.
    public func batch(of user: UserName, file: DropFileName, inode: UInt64) async throws(QueueError) -> BatchView? {
        try await self.read { db in
            // batchFile
            try Row.fetchOne(
                db, sql: Self.select + " WHERE u.name = ? AND b.file = ? AND b.inode = ? ORDER BY b.id DESC LIMIT 1",
                arguments: [user.rawValue, file.description, Int64(bitPattern: inode)]
            ).map(BatchView.init)
        }
    }

    /// The highest batch number in use, 0 when there is none.
    public func highestBatch() async throws(QueueError) -> BatchID {
        try await self.read { db in
            BatchID(rawValue: try Int64.fetchOne(db, sql: "SELECT max(id) FROM batch") ?? 0)
        }
    }

    /// How far the import of a batch has come, or `nil` when nothing of it is stored.
    public func importProgress(of batch: BatchID) async throws(QueueError) -> ImportProgress? {
        try await self.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM batch WHERE id = ?", arguments: [batch.rawValue]).map { row in
                ImportProgress(
                    records: row["records"], digest: (row["digest"] as Data?).map { Array($0) },
                    isImported: row["importedAt"] != nil, isRejected: row["rejectedAt"] != nil,
                    isAnswered: row["answeredAt"] != nil)
            }
        }
    }

    /// The latest batch of this user that was accepted with the same bytes since the moment.
    public func batch(withDigest digest: [UInt8], of user: UserName, since: Date) async throws(QueueError) -> BatchID? {
        try await self.read { db in
            // batchDigest
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT b.id FROM batch b INDEXED BY batchDigest JOIN user u ON u.id = b.userId
                    WHERE u.name = ? AND b.digest = ? AND b.digest IS NOT NULL AND b.importedAt IS NOT NULL
                    AND b.importedAt > ? ORDER BY b.id DESC LIMIT 1
                    """,
                arguments: [user.rawValue, Data(digest), since.milliseconds]
            ).map { BatchID(rawValue: $0) }
        }
    }

    /// Whether answers under this name are still to come.
    public func answersAreDue(_ results: DropFileName, of user: UserName) async throws(QueueError) -> Bool {
        try await self.read { db in
            // batchResults
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM batch b JOIN user u ON u.id = b.userId
                    WHERE u.name = ? AND b.results = ? AND b.reportedAt IS NULL
                    AND NOT (b.rejectedAt IS NOT NULL AND b.answeredAt IS NOT NULL))
                    """,
                arguments: [user.rawValue, results.description]) ?? false
        }
    }

    /// Batches that are imported or rejected, but whose answer or move was cut off by a stop.
    public func unansweredBatches() async throws(QueueError) -> [BatchView] {
        try await self.read { db in
            // batchUnanswered
            try Row.fetchAll(
                db,
                sql: Self.select + """
                     WHERE b.answeredAt IS NULL AND (b.importedAt IS NOT NULL OR b.rejectedAt IS NOT NULL) ORDER BY b.id
                    """
            ).map(BatchView.init)
        }
    }

    /// What the answer to a drop file says, read back from what is stored.
    public func importAnswer(for batch: BatchID) async throws(QueueError) -> ImportAnswer? {
        try await self.read { db in
            guard
                let row = try Row.fetchOne(db, sql: Self.select + " WHERE b.id = ?", arguments: [batch.rawValue])
            else { return nil }
            let view = BatchView(row)
            let bounds = try Row.fetchOne(
                db, sql: "SELECT min(id) AS first, max(id) AS last, count(*) AS count FROM message WHERE batchId = ?",
                arguments: [batch.rawValue])
            let count: Int = bounds?["count"] ?? 0
            let ids =
                count > 10_000
                ? nil
                : try Int64.fetchAll(
                    db, sql: "SELECT id FROM message WHERE batchId = ? ORDER BY record", arguments: [batch.rawValue])
            let refusals = try Row.fetchAll(
                db, sql: "SELECT * FROM refusal WHERE batchId = ? ORDER BY record LIMIT 1000",
                arguments: [batch.rawValue])
            return ImportAnswer(
                batch: view, firstQueueID: (bounds?["first"] as Int64?).map { QueueID(rawValue: $0) },
                lastQueueID: (bounds?["last"] as Int64?).map { QueueID(rawValue: $0) },
                queueIDs: ids?.map { QueueID(rawValue: $0) },
                refusals: refusals.map { ImportAnswer.Row(line: $0["line"], refusal: Refusal($0)) },
                rejection: BatchRejection(row), original: row["original"])
        }
    }
}

extension Refusal {
    init(_ row: Row) {
        self.init(ErrorCode(rawValue: row["code"]) ?? .validation, row["error"], field: row["field"])
    }
}

extension BatchRejection {
    fileprivate init?(_ row: Row) {
        guard let code = (row["rejectedCode"] as String?).flatMap(ErrorCode.init(rawValue:)) else { return nil }
        self.init(
            Refusal(code, row["rejectedError"] ?? code.rawValue, field: row["rejectedField"]), line: row["rejectedLine"]
        )
    }
}

extension BatchView {
    init(_ row: Row) {
        let heldAt: Int64? = row["heldAt"]
        let pending: Int = row["pending"]
        let processing: Int = row["processing"]
        let importedAt = row.date("importedAt")
        let reportedAt = row.date("reportedAt")
        let isSettled = importedAt != nil && pending == 0 && processing == 0
        let isRejected = row["rejectedAt"] != nil
        let status: BatchState =
            isRejected
            ? .rejected
            : reportedAt != nil
                ? .reported : importedAt == nil ? .importing : isSettled ? .settled : heldAt != nil ? .held : .open
        self.init(
            id: BatchID(rawValue: row["id"]), user: UserName(rawValue: row["user"]) ?? .default, file: row["file"],
            results: row["results"], name: row["name"], status: status, refused: row["refused"], pending: pending,
            processing: processing, sent: row["sent"], failedMessages: row["failed"], cancelled: row["cancelled"],
            held: heldAt != nil ? pending : row["heldMessages"], takenAt: Date(milliseconds: row["takenAt"]),
            importedAt: importedAt, settledAt: isSettled ? row.date("lastFinishedAt") ?? importedAt : nil,
            reportedAt: reportedAt, retryOf: (row["retryOf"] as Int64?).map { BatchID(rawValue: $0) },
            isDryRun: row["isDryRun"])
    }
}
