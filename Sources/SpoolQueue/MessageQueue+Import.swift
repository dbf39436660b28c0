public import Foundation
import GRDB
public import SpoolCore

/// What a drop file's batch starts with, known when the file has been taken.
public struct BatchSeed: Equatable, Sendable {
    public var id: BatchID
    public var user: UserName
    public var file: DropFileName
    /// The name that all answers of this batch begin with: the file's own, or `orders~42.csv` when that is in use.
    public var results: DropFileName
    /// `csv`, `json` or `jsonLines`; `nil` for a file of no known format.
    public var format: String?
    /// The batch field `name`.
    public var name: String?
    /// SHA-256 of the file's bytes; `nil` when it could not be read.
    public var digest: [UInt8]?
    /// The file's inode, by which its submitter finds the batch.
    public var inode: UInt64
    public var takenAt: Date
    /// Where the original goes after import, relative to the spool; planned before it moves, so that a restart finds it.
    public var original: String
    public var isDryRun: Bool

    public init(
        id: BatchID, user: UserName, file: DropFileName, results: DropFileName, format: String?, name: String? = nil,
        digest: [UInt8]?, inode: UInt64, takenAt: Date, original: String, isDryRun: Bool
    ) {
        self.id = id
        self.user = user
        self.file = file
        self.results = results
        self.format = format
        self.name = name
        self.digest = digest
        self.inode = inode
        self.takenAt = takenAt
        self.original = original
        self.isDryRun = isDryRun
    }
}

/// One row of a drop file on its way into the queue.
public struct ImportRow: Equatable, Sendable {
    public var record: Int
    public var line: Int
    public var content: Result<MessageRequest, Refusal>
    /// The attachment of a row that has one, where it was found at import; `nil` where it has to be fetched.
    public var media: MediaContent?

    public init(record: Int, line: Int, content: Result<MessageRequest, Refusal>, media: MediaContent? = nil) {
        self.record = record
        self.line = line
        self.content = content
        self.media = media
    }
}

/// Why nothing of a file was taken, with the line where that is one line's fault.
public struct BatchRejection: Equatable, Sendable {
    public var refusal: Refusal
    public var line: Int?

    public init(_ refusal: Refusal, line: Int? = nil) {
        self.refusal = refusal
        self.line = line
    }
}

/// How far a batch's import has come; what a restart looks at.
public struct ImportProgress: Equatable, Sendable {
    /// Records stored so far, refused ones included; reading goes on behind them.
    public var records: Int
    public var digest: [UInt8]?
    public var isImported: Bool
    public var isRejected: Bool
    public var isAnswered: Bool
}

extension MessageQueue {
    /// Makes the batch if it is not there yet, so that its name and number are taken.
    public func openBatch(_ seed: BatchSeed) async throws(QueueError) {
        try await self.write { db in try Self.insertBatch(seed, db) }
    }

    /// Stores the next rows of a file; nothing of them can be claimed before `finishImport`.
    ///
    /// Makes the batch with the first rows. A row whose `ref` is in use is stored as refused with `DUPLICATE_REF`.
    /// - Parameter names: The devices that rows were checked against; a row of one that was renamed since goes by its new
    ///   name, one of a device that was removed is refused. `nil` takes every name as it is.
    /// - Throws: `noSuchBatch` when the batch is not importing, or has these records already; then nothing is stored.
    public func append(
        _ rows: [ImportRow], to seed: BatchSeed, names: DeviceNames? = nil, now: Date
    ) async throws(QueueError) {
        try await self.write { db in
            try Self.insertBatch(seed, db)
            try Self.insert(rows, seed, names?.current, now, db)
        }
    }

    /// Stores the last rows and makes all messages of the batch sendable together; or rejects it when no row was valid,
    /// or one was not and the file is `strict`.
    ///
    /// - Parameter names: As for `append`; messages of devices that are not there any more fail at once.
    /// - Returns: Why the batch was rejected, `nil` when it is open.
    @discardableResult
    public func finishImport(
        _ rows: [ImportRow], of seed: BatchSeed, names: DeviceNames? = nil, isStrict: Bool, now: Date
    ) async throws(QueueError) -> BatchRejection? {
        try await self.write { db in
            try Self.insertBatch(seed, db)
            let current = names?.current
            try Self.insert(rows, seed, current, now, db)
            guard let rejection = try Self.verdict(on: seed.id, isStrict: isStrict, db) else {
                try db.execute(
                    sql: "UPDATE batch SET importedAt = ?, original = ?, name = ? WHERE id = ?",
                    arguments: [now.milliseconds, seed.original, seed.name, seed.id.rawValue])
                try Self.addLines(of: seed.id, db)
                if let current { try Self.failOrphans(in: seed.id, known: Set(current.values), now, db) }
                return nil
            }
            try Self.reject(seed, rejection, now, db)
            return rejection
        }
    }

    /// Takes back everything that was stored of an unfinished import, so that the file can be read anew.
    ///
    /// Does nothing to a batch that is imported or rejected.
    public func discardImport(of batch: BatchID) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: """
                    UPDATE batch SET records = 0, refused = 0
                    WHERE id = ? AND importedAt IS NULL AND rejectedAt IS NULL
                    """,
                arguments: [batch.rawValue])
            guard db.changesCount == 1 else { return }
            try Self.deleteMessages(of: batch, db)
            try db.execute(sql: "DELETE FROM refusal WHERE batchId = ?", arguments: [batch.rawValue])
        }
    }

    /// Rejects a whole file: its messages so far are taken back, its refused rows stay for the answer.
    public func reject(_ seed: BatchSeed, _ rejection: BatchRejection, now: Date) async throws(QueueError) {
        try await self.write { db in
            try Self.insertBatch(seed, db)
            try Self.reject(seed, rejection, now, db)
        }
    }

    /// The answer files of the batch are on disk and its original lies at this path, relative to the spool.
    public func markAnswered(_ batch: BatchID, original: String, now: Date) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: "UPDATE batch SET answeredAt = ?, original = ? WHERE id = ? AND answeredAt IS NULL",
                arguments: [now.milliseconds, original, batch.rawValue])
        }
    }

    /// Forgets a batch whose file was given back to its writer before anything of it was accepted.
    public func forgetBatch(_ batch: BatchID) async throws(QueueError) {
        try await self.write { db in
            try Self.deleteMessages(of: batch, db)
            try db.execute(
                sql: "DELETE FROM batch WHERE id = ? AND importedAt IS NULL AND rejectedAt IS NULL",
                arguments: [batch.rawValue])
        }
    }

    /// The result files of a settled batch are on disk, the marker last. What its
    /// attachments were is forgotten with their files.
    public func markReported(_ batch: BatchID, now: Date) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: "UPDATE batch SET reportedAt = ? WHERE id = ? AND reportedAt IS NULL",
                arguments: [now.milliseconds, batch.rawValue])
            try db.execute(
                sql: "UPDATE media SET \(Self.withoutContent) WHERE batchId = ? AND hash IS NOT NULL",
                arguments: [batch.rawValue])
        }
    }

    /// Makes the user if there is none of that name.
    public func addUser(_ user: UserName, now: Date) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: "INSERT INTO user (name, createdAt) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                arguments: [user.rawValue, now.milliseconds])
        }
    }

    private static func insertBatch(_ seed: BatchSeed, _ db: Database) throws {
        let user = try Self.userID(seed.user, db)
        try db.execute(
            sql: """
                INSERT INTO batch (id, userId, file, results, format, name, digest, inode, takenAt, isDryRun)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, inode = excluded.inode
                WHERE importedAt IS NULL AND rejectedAt IS NULL
                """,
            arguments: [
                seed.id.rawValue, user, seed.file.description, seed.results.description, seed.format, seed.name,
                seed.digest.map { Data($0) }, Int64(bitPattern: seed.inode), seed.takenAt.milliseconds, seed.isDryRun,
            ])
    }

    private static func insert(
        _ rows: [ImportRow], _ seed: BatchSeed, _ names: [DeviceID: DeviceID]?, _ now: Date, _ db: Database
    ) throws {
        guard let first = rows.first, let last = rows.last else { return }
        try db.execute(
            sql: """
                UPDATE batch SET records = ? WHERE id = ? AND importedAt IS NULL AND rejectedAt IS NULL AND records < ?
                """,
            arguments: [last.record, seed.id.rawValue, first.record])
        guard db.changesCount == 1 else { throw QueueError.noSuchBatch(seed.id) }
        var insertion = try RowInsertion(seed, names, now, db)
        for row in rows {
            switch row.content {
            case .success(let request): try insertion.insert(request, row)
            case .failure(let refusal): try insertion.refuse(refusal, row)
            }
        }
        try insertion.media.finish()
        try db.execute(
            sql: """
                UPDATE batch SET refused = refused + ?1, pending = pending + ?2, failed = failed + ?3,
                    lastFinishedAt = CASE WHEN ?3 > 0 THEN ?4 ELSE lastFinishedAt END WHERE id = ?5
                """,
            arguments: [
                insertion.refused, insertion.stored, insertion.suppressed, now.milliseconds, seed.id.rawValue,
            ])
    }

    private static func verdict(on batch: BatchID, isStrict: Bool, _ db: Database) throws -> BatchRejection? {
        let counts = try Row.fetchOne(
            db,
            sql: """
                SELECT pending + failed + cancelled AS stored, refused FROM batch
                WHERE id = ? AND importedAt IS NULL AND rejectedAt IS NULL
                """,
            arguments: [batch.rawValue])
        guard let counts else { throw QueueError.noSuchBatch(batch) }
        let stored: Int = counts["stored"]
        let refused: Int = counts["refused"]
        guard stored == 0 || (isStrict && refused > 0) else { return nil }
        let first = try Row.fetchOne(
            db, sql: "SELECT line, code, field, error FROM refusal WHERE batchId = ? ORDER BY record LIMIT 1",
            arguments: [batch.rawValue])
        guard let first else { return BatchRejection(Refusal(.emptyFile, "The file has no message")) }
        let total = stored + refused
        let why =
            stored == 0
            ? "none of its \(total) rows is valid" : "\(refused) of its \(total) rows are not valid and it is strict"
        let error: String = first["error"]
        return BatchRejection(
            Refusal(
                ErrorCode(rawValue: first["code"]) ?? .validation,
                total == 1 ? error : "Nothing was imported, because \(why); the first: \(error)", field: first["field"]),
            line: first["line"])
    }

    private static func reject(_ seed: BatchSeed, _ rejection: BatchRejection, _ now: Date, _ db: Database) throws {
        try Self.deleteMessages(of: seed.id, db)
        try db.execute(
            sql: """
                UPDATE batch SET rejectedAt = ?, rejectedCode = ?, rejectedError = ?, rejectedField = ?, rejectedLine = ?,
                    original = ? WHERE id = ? AND importedAt IS NULL
                """,
            arguments: [
                now.milliseconds, rejection.refusal.code.rawValue, rejection.refusal.message, rejection.refusal.field,
                rejection.line, seed.original, seed.id.rawValue,
            ])
        guard db.changesCount == 1 else { throw QueueError.noSuchBatch(seed.id) }
    }

    private static func deleteMessages(of batch: BatchID, _ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM message WHERE batchId = ?
                AND (SELECT importedAt FROM batch WHERE id = ?) IS NULL
                """,
            arguments: [batch.rawValue, batch.rawValue])
        try db.execute(
            sql: "DELETE FROM media WHERE batchId = ? AND (SELECT importedAt FROM batch WHERE id = ?) IS NULL",
            arguments: [batch.rawValue, batch.rawValue])
        try db.execute(
            sql: """
                UPDATE batch SET pending = 0, failed = 0, cancelled = 0, lastFinishedAt = NULL
                WHERE id = ? AND importedAt IS NULL
                """, arguments: [batch.rawValue])
    }
}

/// The insertion loop of one chunk.
private struct RowInsertion {
    private let batch: Int64
    private let user: Int64
    private let now: Int64
    /// What the devices that rows may name are called now; `nil` for just as in the rows.
    private let names: [DeviceID: DeviceID]?
    private let db: Database
    private let message: BulkStatement
    private let refusal: BulkStatement
    private let place: ImportPlace
    private(set) var media: MediaInsertion
    /// Whether the statement has the attachment of the row before; most files have none.
    private var isMediaBound = false
    private(set) var stored = 0
    /// Stored as failed: their numbers are on the user's suppression list.
    private(set) var suppressed = 0
    private(set) var refused = 0

    init(_ seed: BatchSeed, _ names: [DeviceID: DeviceID]?, _ now: Date, _ db: Database) throws {
        self.names = names
        self.batch = seed.id.rawValue
        self.user = try MessageQueue.userID(seed.user, db)
        self.now = now.milliseconds
        self.db = db
        self.place = try ImportPlace(user: self.user, now: now, db)
        self.message = try BulkStatement(
            """
            INSERT INTO message (batchId, userId, record, line, priority, number, body, ref, timeZone, pin, notBefore,
                expiresAt, queuedAt, owner, lane, textHash, status, finishedAt, errorCode, error, mediaId, dueWithMedia,
                reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                ?23)
            ON CONFLICT (userId, ref) WHERE ref IS NOT NULL AND (status <> 'failed' OR isUncertain = 1) DO NOTHING
            """, db)
        self.refusal = try BulkStatement(
            "INSERT INTO refusal (batchId, record, line, code, field, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", db)
        self.media = MediaInsertion(seed.id, db)
        self.message.bind(1, self.batch)
        self.message.bind(2, self.user)
        self.message.bind(13, self.now)
        self.refusal.bind(1, self.batch)
    }

    mutating func insert(_ request: MessageRequest, _ row: ImportRow) throws {
        // A text with a NUL would be read back cut off there.
        if request.text.utf8.contains(0) || request.ref?.utf8.contains(0) ?? false {
            let field = request.text.utf8.contains(0) ? "message" : "ref"
            return try self.refuse(Refusal(.validation, "A NUL character cannot be sent", field: field), row)
        }
        var device = request.device
        if let named = device, let names = self.names {
            device = names[named]
            guard device != nil else {
                let why = "The device \(named) was removed while the file was being imported"
                return try self.refuse(Refusal(.unknownDevice, why, field: "sessionId"), row)
            }
        }
        self.message.bind(3, Int64(row.record))
        self.message.bind(4, Int64(row.line))
        self.message.bind(5, Int64(request.priority.rawValue))
        self.message.bind(6, request.recipient.address)
        self.message.bind(7, request.text)
        self.message.bind(8, request.ref)
        self.message.bind(9, request.timeZone)
        self.message.bind(10, device?.rawValue)
        self.message.bind(11, request.sendAt?.milliseconds ?? 0)
        self.message.bind(12, request.expiresAt?.milliseconds)
        let place = try self.place.place(of: request.recipient, pin: device)
        self.message.bind(14, place.owner)
        self.message.bind(15, Int64(place.lane.rawValue))
        self.message.bind(16, TextHash.of(request))
        let isSuppressed = try self.place.isSuppressed(request.recipient.address)
        self.bindState(isSuppressed: isSuppressed)
        try self.bindMedia(of: request, isSuppressed ? nil : request.media, row.media)
        guard try self.message.run() == 0 else {
            self.stored += isSuppressed ? 0 : 1
            self.suppressed += isSuppressed ? 1 : 0
            if let media = request.media, !isSuppressed { self.media.count(media, request) }
            return
        }
        try self.refuse(try self.duplicateRef(request.ref ?? ""), row)
    }

    private func bindState(isSuppressed: Bool) {
        self.message.bind(17, isSuppressed ? MessageState.failed.rawValue : MessageState.pending.rawValue)
        self.message.bind(18, isSuppressed ? self.now : nil)
        self.message.bind(19, isSuppressed ? ErrorCode.suppressed.rawValue : nil)
        self.message.bind(20, isSuppressed ? MessageQueue.suppressedError : nil)
    }

    /// - Parameter media: What the message needs; `nil` for one that is never sent.
    private mutating func bindMedia(
        of request: MessageRequest, _ media: MediaReference?, _ content: MediaContent?
    ) throws {
        guard let media else {
            guard self.isMediaBound else { return }
            for parameter: Int32 in 21...23 { self.message.bind(parameter, Int64?.none) }
            self.isMediaBound = false
            return
        }
        self.isMediaBound = true
        let entry = try self.media.entry(media, content)
        self.message.bind(21, entry.id)
        self.message.bind(22, entry.isThere ? nil : request.sendAt?.milliseconds ?? 0)
        self.message.bind(23, entry.isThere ? nil : "fetching media")
        if !entry.isThere { self.message.bind(11, MessageQueue.endOfTime) }
    }

    mutating func refuse(_ refusal: Refusal, _ row: ImportRow) throws {
        self.refusal.bind(2, Int64(row.record))
        self.refusal.bind(3, Int64(row.line))
        self.refusal.bind(4, refusal.code.rawValue)
        self.refusal.bind(5, refusal.field)
        self.refusal.bind(6, refusal.message)
        _ = try self.refusal.run()
        self.refused += 1
    }

    private func duplicateRef(_ ref: String) throws -> Refusal {
        let first = try Int64.fetchOne(
            self.db,
            sql: """
                SELECT id FROM message INDEXED BY messageRef
                WHERE userId = ? AND ref = ? AND ref IS NOT NULL AND (status <> 'failed' OR isUncertain = 1)
                """,
            arguments: [self.user, ref])
        let which = first.map { "message \($0)" } ?? "another message"
        return Refusal(
            .duplicateRef, "\(which) already has this ref and has not failed; give a new message a ref of its own",
            field: "ref")
    }
}
