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

    @Sendable private static func error(_ row: JSONValue) -> String {
        guard let code = row["errorCode"] else { return (row["error"] ?? .null).words }
        return row["error"].map { "\($0.words) (\(code.words))" } ?? code.words
    }
}
