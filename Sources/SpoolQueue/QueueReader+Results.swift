import Foundation
import GRDB
public import SpoolCore

/// A settled batch whose result files are due.
public struct UnreportedBatch: Equatable, Sendable {
    public var batch: BatchView
    /// The original's path relative to the spool.
    public var original: String
    public var format: String
}

extension QueueReader {
    /// Answered batches whose messages are all final and whose result files are not written yet, the oldest first.
    public func settledBatches() async throws(QueueError) -> [UnreportedBatch] {
        try await self.read { db in
            // batchUnreported
            try Row.fetchAll(
                db,
                sql: """
                    SELECT b.*, u.name AS user, 0 AS heldMessages FROM batch b INDEXED BY batchUnreported
                    JOIN user u ON u.id = b.userId
                    WHERE b.reportedAt IS NULL AND b.rejectedAt IS NULL AND b.importedAt IS NOT NULL
                    AND b.answeredAt IS NOT NULL AND b.pending = 0 AND b.processing = 0 ORDER BY b.id
                    """
            ).map { UnreportedBatch(batch: BatchView($0), original: $0["original"] ?? "", format: $0["format"] ?? "") }
        }
    }

    /// The next rows of a batch behind `record`, messages and refused rows merged in file order, at most `limit`.
    static func resultRows(
        of batch: BatchID, after record: Int, limit: Int, failedOnly: Bool, _ db: Database
    ) throws -> [ResultRow] {
        // messageOfBatch, and the primary key of refusal
        let messages = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM message INDEXED BY messageOfBatch WHERE batchId = ? AND record > ?
                \(failedOnly ? "AND status = 'failed'" : "") ORDER BY record LIMIT ?
                """,
            arguments: [batch.rawValue, record, limit]
        ).map(ResultRow.init(message:))
        let refusals = try Row.fetchAll(
            db, sql: "SELECT * FROM refusal WHERE batchId = ? AND record > ? ORDER BY record LIMIT ?",
            arguments: [batch.rawValue, record, limit]
        ).map(ResultRow.init(refusal:))
        return Array((messages + refusals).sorted { $0.record < $1.record }.prefix(limit))
    }
}

extension ResultRow {
    fileprivate init(message row: Row) {
        self.init(
            record: row["record"], queueID: QueueID(rawValue: row["id"]),
            status: MessageState(rawValue: row["status"]) ?? .failed,
            wireID: (row["wireId"] as String?).map { WireMessageID(rawValue: $0) },
            device: (row["device"] as String?).map { DeviceID(rawValue: $0) }, sentAt: row.date("sentAt"),
            deliveredAt: row.date("deliveredAt"), readAt: row.date("readAt"),
            errorCode: (row["errorCode"] as String?).flatMap(ErrorCode.init(rawValue:)), error: row["error"])
    }

    fileprivate init(refusal row: Row) {
        let refusal = Refusal(row)
        self.init(
            record: row["record"], queueID: nil, status: .failed, errorCode: refusal.code, error: refusal.message)
    }
}

extension QueueReader {
    /// The rows of a batch one by one, read in pages: memory is flat in the size of the batch.
    ///
    /// Blocks while it reads; for the one who writes a result file.
    public func rowsOfResult(of batch: BatchID, failedOnly: Bool) -> ResultRowCursor {
        ResultRowCursor(self, batch, failedOnly: failedOnly)
    }
}

/// A batch's rows in file order, messages and refused rows merged.
public final class ResultRowCursor {
    private let reader: QueueReader
    private let batch: BatchID
    private let failedOnly: Bool
    private var page: ArraySlice<ResultRow> = []
    private var last = 0
    private var isAtEnd = false
    private static let pageSize = 1000

    init(_ reader: QueueReader, _ batch: BatchID, failedOnly: Bool) {
        self.reader = reader
        self.batch = batch
        self.failedOnly = failedOnly
    }

    /// The next row, or `nil` behind the last.
    public func next() throws -> ResultRow? {
        if self.page.isEmpty, !self.isAtEnd {
            let rows = try self.reader.database.access.read { db in
                try QueueReader.resultRows(
                    of: self.batch, after: self.last, limit: Self.pageSize, failedOnly: self.failedOnly, db)
            }
            self.page = rows[...]
            self.last = rows.last?.record ?? self.last
            self.isAtEnd = rows.count < Self.pageSize
        }
        return self.page.popFirst()
    }
}
