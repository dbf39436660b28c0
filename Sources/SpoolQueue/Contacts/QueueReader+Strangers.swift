public import Foundation
import GRDB
public import SpoolCore

/// One message to a stranger that the server took.
public struct ColdSend: Equatable, Sendable {
    public var at: Date
    public var isDelivered: Bool
}

/// How many messages to strangers were sent, and how many of them were answered.
public struct ReplyCount: Equatable, Sendable {
    public var sent: Int
    public var answered: Int
}

extension QueueReader {
    /// The last messages that the device has sent to strangers at `before` or earlier, the latest first.
    public func coldSends(of device: DeviceID, before: Date, limit: Int) async throws(QueueError) -> [ColdSend] {
        try await self.read { db in
            // attemptCold, then the primary key of message
            try db.prepared(
                """
                SELECT a.startedAt, m.deliveredAt IS NOT NULL
                FROM attempt a INDEXED BY attemptCold JOIN message m ON m.id = a.messageId
                WHERE a.device = ? AND a.lane = 2 AND a.outcome = 'sent' AND a.startedAt <= ?
                ORDER BY a.startedAt DESC LIMIT ?
                """
            ).all([.text(device.rawValue), .integer(before.milliseconds), .integer(Int64(limit))]) {
                ColdSend(at: Date(milliseconds: $0.integer(0)), isDelivered: $0.integer(1) == 1)
            }
        }
    }

    /// Of the last `limit` messages that the device has sent to strangers since `start`, how many were followed by a
    /// word of theirs.
    public func coldReplies(of device: DeviceID, since start: Date, limit: Int) async throws(QueueError) -> ReplyCount {
        try await self.read { db in
            // attemptCold, then the primary keys of message and contact
            let answers = try db.prepared(
                """
                SELECT coalesce(c.lastInAt, 0) >= a.startedAt
                FROM attempt a INDEXED BY attemptCold JOIN message m ON m.id = a.messageId
                LEFT JOIN contact c ON c.device = a.device AND c.number = m.number
                WHERE a.device = ? AND a.lane = 2 AND a.outcome = 'sent' AND a.startedAt > ?
                ORDER BY a.startedAt DESC LIMIT ?
                """
            ).all([
                .text(device.rawValue), .integer(max(0, start.timeIntervalSince1970) > 0 ? start.milliseconds : 0),
                .integer(Int64(limit)),
            ]) { $0.integer(0) == 1 }
            return ReplyCount(sent: answers.count, answered: answers.count(where: \.self))
        }
    }
}
