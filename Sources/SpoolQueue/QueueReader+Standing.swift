public import Foundation
import GRDB
public import SpoolCore

/// One attempt of a device, as limits count them.
public struct SendEntry: Equatable, Sendable {
    public var at: Date
    public var lane: Lane

    public init(at: Date, lane: Lane) {
        self.at = at
        self.lane = lane
    }
}

/// How many messages were sent, and how many of them arrived.
public struct DeliveryCount: Equatable, Sendable {
    public var sent: Int
    public var delivered: Int
}

/// The answers for a batch's last messages, 50 at most.
public struct BatchOutcomes: Equatable, Sendable {
    public var seen: Int
    public var notOnWhatsApp: Int
}

/// How a device and a batch stand: what rules about them are decided by.
extension QueueReader {
    /// The attempts of a device since `start` that count, oldest first.
    public func sends(of device: DeviceID, since start: Date) async throws(QueueError) -> [SendEntry] {
        try await self.read { db in
            // attemptOfDevice
            try db.prepared(
                """
                SELECT startedAt, lane FROM attempt WHERE device = ? AND startedAt > ? AND outcome IS NOT 'returned'
                ORDER BY startedAt
                """
            ).all([.text(device.rawValue), .integer(start.milliseconds)]) { row in
                SendEntry(
                    at: Date(milliseconds: row.integer(0)), lane: Lane(rawValue: Int(row.integer(1))) ?? .cold)
            }
        }
    }

    /// Whether the last messages that the device has sent to strangers arrived, the latest first: those that were sent at
    /// `before` or earlier.
    public func coldDeliveries(
        of device: DeviceID, before: Date, limit: Int
    ) async throws(QueueError) -> [Bool] {
        try await self.read { db in
            // attemptCold, then the primary key of message
            try db.prepared(
                """
                SELECT m.deliveredAt IS NOT NULL FROM attempt a INDEXED BY attemptCold JOIN message m ON m.id = a.messageId
                WHERE a.device = ? AND a.lane = 2 AND a.outcome = 'sent' AND a.startedAt <= ?
                ORDER BY a.startedAt DESC LIMIT ?
                """
            ).all([.text(device.rawValue), .integer(before.milliseconds), .integer(Int64(limit))]) {
                $0.integer(0) == 1
            }
        }
    }

    /// How many of the device's messages to strangers arrived that were sent around this time of day on the days before.
    public func coldBaseline(
        of device: DeviceID, around moment: Date, days: Int = 7, within: Duration = .seconds(1800)
    ) async throws(QueueError) -> DeliveryCount {
        try await self.read { db in
            // attemptCold, a range a day
            let statement = try db.prepared(
                """
                SELECT count(*), count(m.deliveredAt) FROM attempt a INDEXED BY attemptCold
                JOIN message m ON m.id = a.messageId
                WHERE a.device = ? AND a.lane = 2 AND a.outcome = 'sent' AND a.startedAt BETWEEN ? AND ?
                """)
            var count = DeliveryCount(sent: 0, delivered: 0)
            for day in stride(from: 1, through: days, by: 1) {
                let middle = moment.addingTimeInterval(Double(-day) * 24 * 3600)
                let found = try statement.first([
                    .text(device.rawValue), .integer(middle.addingTimeInterval(-within.seconds).milliseconds),
                    .integer(middle.addingTimeInterval(within.seconds).milliseconds),
                ]) { (sent: Int($0.integer(0)), delivered: Int($0.integer(1))) }
                count.sent += found?.sent ?? 0
                count.delivered += found?.delivered ?? 0
            }
            return count
        }
    }

    /// To how many strangers the device has sent the text of this message since `start`, itself included.
    public func strangers(
        withTextOf message: QueueID, device: DeviceID, since start: Date
    ) async throws(QueueError) -> Int {
        try await self.read { db in
            // attemptOfDevice, then the primary key of message
            try db.prepared(
                """
                SELECT count(DISTINCT m.number) FROM attempt a JOIN message m ON m.id = a.messageId
                WHERE a.device = ?1 AND a.startedAt > ?2 AND a.lane = 2 AND a.outcome IS NOT 'returned'
                AND m.textHash = (SELECT textHash FROM message WHERE id = ?3)
                """
            ).first([.text(device.rawValue), .integer(start.milliseconds), .integer(message.rawValue)]) {
                Int($0.integer(0))
            } ?? 0
        }
    }

    /// What came of the batch's last 50 messages that were answered, since its last release.
    public func outcomes(of batch: BatchID) async throws(QueueError) -> BatchOutcomes {
        try await self.read { db in
            let found = try db.prepared("SELECT outcomeCount, outcomes FROM batch WHERE id = ?").first(
                [.integer(batch.rawValue)]
            ) { BatchOutcomes(seen: Int($0.integer(0)), notOnWhatsApp: $0.integer(1).nonzeroBitCount) }
            return found ?? BatchOutcomes(seen: 0, notOnWhatsApp: 0)
        }
    }
}
