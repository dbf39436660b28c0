public import Foundation
import GRDB
public import SpoolCore

/// Everything that is read of the queue, from the daemon's database or beside it; never changes anything.
///
/// Topics: here messages and keys, `+Batches`, `+Statistics`, `+Results`.
public struct QueueReader: Sendable {
    let database: QueueDatabase

    public init(_ database: QueueDatabase) {
        self.database = database
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(QueueError) -> Value {
        do {
            return try await self.database.access.read(body)
        } catch {
            throw QueueError(error)
        }
    }

    /// One page of messages, at most `limit`.
    public func messages(
        _ filter: MessageFilter, after cursor: PageCursor? = nil, limit: Int
    ) async throws(QueueError) -> Page<MessageView> {
        try await self.read { db in
            let query = MessageQuery(filter, cursor, limit)
            let rows = try Row.fetchAll(db, sql: query.sql, arguments: query.arguments)
            let shown = rows.prefix(limit)
            let next = rows.count > limit ? shown.last.map { query.cursor(behind: $0) } : nil
            return Page(elements: shown.map(MessageView.init), next: next)
        }
    }

    /// One message with its attempts; `nil` when there is none, or it is another user's.
    public func message(
        _ id: QueueID, of user: UserName? = nil
    ) async throws(QueueError) -> (message: MessageView, attempts: [AttemptView])? {
        try await self.read { db in
            let row = try Row.fetchOne(
                db, sql: MessageQuery.select + " WHERE m.id = ?1 AND (?2 IS NULL OR u.name = ?2)",
                arguments: [id.rawValue, user?.rawValue])
            guard let row else { return nil }
            let attempts = try Row.fetchAll(
                db, sql: "SELECT * FROM attempt WHERE messageId = ? ORDER BY number", arguments: [id.rawValue])
            return (MessageView(row), attempts.map(AttemptView.init))
        }
    }

    /// Pending messages that were queued before this one; what an estimate of its time starts from.
    public func countPending(before id: QueueID) async throws(QueueError) -> Int {
        try await self.read { db in
            // messageHead covers it
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM message INDEXED BY messageHead
                    WHERE status = 'pending' AND heldAt IS NULL AND id < ?
                    """,
                arguments: [id.rawValue]) ?? 0
        }
    }

    /// Pending and processing messages of all open batches.
    public func countInQueue() async throws(QueueError) -> Int {
        try await self.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT coalesce(sum(pending + processing), 0) FROM batch INDEXED BY batchUnreported
                    WHERE reportedAt IS NULL AND rejectedAt IS NULL AND importedAt IS NOT NULL
                    """) ?? 0
        }
    }

    /// What the key may see, or `nil` when it is unknown, expired or revoked.
    public func scope(ofKey key: String, now: Date) async throws(QueueError) -> KeyScope? {
        let digest = KeyDigest.of(key)
        return try await self.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT k.digest, k.expiresAt, k.revokedAt, u.name AS user FROM apiKey k LEFT JOIN user u ON u.id = k.userId
                    WHERE k.digest = ?
                    """,
                arguments: [Data(digest)])
            guard let row, KeyDigest.equal(Array(row["digest"] as Data), digest) else { return nil }
            let expiresAt: Int64? = row["expiresAt"]
            let revokedAt: Int64? = row["revokedAt"]
            guard revokedAt == nil, expiresAt.map({ $0 > now.milliseconds }) ?? true else { return nil }
            guard let name: String = row["user"] else { return .admin }
            return UserName(rawValue: name).map { .user($0) }
        }
    }

    /// All keys, the oldest first.
    public func keys() async throws(QueueError) -> [APIKey] {
        try await self.read { db in
            try Row.fetchAll(
                db, sql: "SELECT k.*, u.name AS user FROM apiKey k LEFT JOIN user u ON u.id = k.userId ORDER BY k.id"
            ).map { row in
                APIKey(
                    id: row["id"], name: row["name"], user: (row["user"] as String?).flatMap(UserName.init(rawValue:)),
                    createdAt: Date(milliseconds: row["createdAt"]), expiresAt: row.date("expiresAt"),
                    revokedAt: row.date("revokedAt"))
            }
        }
    }

    /// All users, in the order they were made.
    public func users() async throws(QueueError) -> [UserName] {
        try await self.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM user ORDER BY id").compactMap(UserName.init(rawValue:))
        }
    }

    /// Whether the file can be written: one empty write transaction.
    public func checkWritable() async throws(QueueError) {
        let access = self.database.access
        do {
            try await access.write { db in try db.execute(sql: "UPDATE user SET name = name WHERE id = 1") }
        } catch {
            throw QueueError(error)
        }
    }
}

/// A list's SQL.
private struct MessageQuery {
    static let select = """
        SELECT m.*, u.name AS user, b.isDryRun, f.reason AS mediaReason
        FROM message m JOIN batch b ON b.id = m.batchId JOIN user u ON u.id = m.userId
        LEFT JOIN media f ON f.id = m.mediaId AND m.status = 'pending' AND m.dueWithMedia IS NOT NULL
        """

    let sql: String
    let arguments: StatementArguments
    private let list: MessageFilter.List

    init(_ filter: MessageFilter, _ cursor: PageCursor?, _ limit: Int) {
        var conditions: [String] = []
        var values: [any DatabaseValueConvertible] = []
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(value)
        }
        switch filter.list {
        case .queue:
            conditions.append(
                "m.finishedAt IS NULL AND b.importedAt IS NOT NULL AND m.status IN ('pending', 'processing')")
        case .history: conditions.append("m.finishedAt IS NOT NULL")
        }
        require("u.name = ?", filter.user?.rawValue)
        require("m.status = ?", filter.status?.rawValue)
        require("coalesce(m.device, m.pin) = ?", filter.device?.rawValue)
        require("m.batchId = ?", filter.batch?.rawValue)
        require("m.number = ?", filter.number)
        require("m.ref = ?", filter.ref)
        require("m.finishedAt >= ?", filter.from?.milliseconds)
        require("m.finishedAt < ?", filter.until?.milliseconds)
        if let cursor {
            switch filter.list {
            case .queue: require("m.id > ?", cursor.id)
            case .history:
                conditions.append("(m.finishedAt, m.id) < (?, ?)")
                values += [cursor.moment, cursor.id]
            }
        }
        // messageOpen; messageOfBatch, where ids grow with the records; messageFinished
        let order =
            switch (filter.list, filter.batch) {
            case (.queue, nil): "m.id"
            case (.queue, .some): "m.record"
            case (.history, _): "m.finishedAt DESC, m.id DESC"
            }
        self.sql =
            Self.select + " WHERE " + conditions.joined(separator: " AND ") + " ORDER BY \(order) LIMIT \(limit + 1)"
        self.arguments = StatementArguments(values)
        self.list = filter.list
    }

    func cursor(behind row: Row) -> PageCursor {
        PageCursor(moment: self.list == .history ? row["finishedAt"] : 0, id: row["id"])
    }
}

extension Row {
    func date(_ column: String) -> Date? {
        (self[column] as Int64?).map { Date(milliseconds: $0) }
    }
}

extension MessageView {
    init(_ row: Row) {
        // A message that waits for its attachment has the moment at which it is due then.
        let notBefore: Int64 = row["dueWithMedia"] ?? row["notBefore"]
        let status = MessageState(rawValue: row["status"]) ?? .pending
        let heldAt: Int64? = row["heldAt"]
        let device: String? = row["device"] ?? row["pin"]
        self.init(
            id: QueueID(rawValue: row["id"]), batch: BatchID(rawValue: row["batchId"]),
            user: UserName(rawValue: row["user"]) ?? .default, line: row["line"], number: row["number"],
            ref: row["ref"],
            status: status, reason: row["mediaReason"] ?? row["reason"],
            notBefore: notBefore > 0 && status == .pending && heldAt == nil ? Date(milliseconds: notBefore) : nil,
            priority: Priority(rawValue: row["priority"]) ?? .normal,
            device: device.map { DeviceID(rawValue: $0) },
            wireID: (row["wireId"] as String?).map { WireMessageID(rawValue: $0) },
            queuedAt: Date(milliseconds: row["queuedAt"]), sentAt: row.date("sentAt"),
            deliveredAt: row.date("deliveredAt"),
            readAt: row.date("readAt"), finishedAt: row.date("finishedAt"), errorCode: row["errorCode"],
            error: row["error"],
            isDryRun: row["isDryRun"])
    }
}

extension AttemptView {
    init(_ row: Row) {
        self.init(
            number: row["number"], device: DeviceID(rawValue: row["device"]),
            startedAt: Date(milliseconds: row["startedAt"]),
            endedAt: row.date("endedAt"), outcome: row["outcome"], code: row["code"], detail: row["detail"])
    }
}
