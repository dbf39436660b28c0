import SpoolCore

/// The columns of each list.
enum Columns {
    static let queue: [Table.Column] = [
        .init("ID", "queueId", .right), .init("BATCH", "batchId", .right), .init("LINE", "line", .right),
        .init("NUMBER", "number"), .init("STATUS", "status"), .init("PRIORITY", "priority"),
        .init("DEVICE", "sessionId"), .moment("NOT BEFORE", "notBefore"), .init("ESTIMATE", "estimatedDelivery"),
        .init("REF", "ref"), .init("REASON", "reason"),
    ]

    static let history: [Table.Column] = [
        .init("ID", "queueId", .right), .init("BATCH", "batchId", .right), .init("LINE", "line", .right),
        .init("NUMBER", "number"), .init("STATUS", "status"), .init("DEVICE", "sessionId"), .moment("SENT", "sentAt"),
        .moment("DELIVERED", "deliveredAt"), .moment("READ", "readAt"), .init("REF", "ref"),
        .init("ERROR", cell: Self.error),
    ]

    static let batches: [Table.Column] = [
        .init("BATCH", "batchId", .right), .init("FILE", "file"), .init("STATUS", "status"),
        .init("TOTAL", "total", .right), .init("PENDING", "pending", .right), .init("SENDING", "processing", .right),
        .init("SENT", "sent", .right), .init("FAILED", "failed", .right), .init("CANCELLED", "cancelled", .right),
        .init("HELD", "held", .right), .moment("DONE BY", "estimatedCompletion"), .init("NAME", "name"),
    ]

    static let keys: [Table.Column] = [
        .init("ID", "id", .right), .init("NAME", "name"), .init("USER") { ($0["user"] ?? "(admin)").words },
        .moment("CREATED", "createdAt"), .moment("EXPIRES", "expiresAt"), .moment("REVOKED", "revokedAt"),
    ]

    static let devices: [Table.Column] = [
        .init("NAME", "sessionId"), .init("NUMBER") { $0["number"].map { "+\($0.words)" } ?? "-" },
        .init("STATUS", "status"), .init("SENT/HOUR", .right) { Self.share($0, "sentLastHour", of: "hourlyLimit") },
        .init("SENT/DAY", .right) { Self.share($0, "sentLastDay", of: "dailyLimit") },
        .moment("CONNECTED", "connectedAt"), .moment("NEXT SEND", "nextSendAt"),
        .moment("PAUSED UNTIL", "pausedUntil"), .init("REASON", "pauseReason"),
    ]

    /// A count of what may be, `12 of 100`; only the count when there is no limit.
    private static func share(_ row: JSONValue, _ count: String, of limit: String) -> String {
        let words = (row[count] ?? .null).words
        return row[limit].map { "\(words) of \($0.words)" } ?? words
    }

    @Sendable private static func error(_ row: JSONValue) -> String {
        guard let code = row["errorCode"] else { return (row["error"] ?? .null).words }
        return row["error"].map { "\($0.words) (\(code.words))" } ?? code.words
    }
}
