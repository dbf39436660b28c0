public import Foundation
import GRDB
public import SpoolCore

extension MessageQueue {
    /// Somebody wrote to a device: their pending messages there become replies, and nobody counts as not answered.
    ///
    /// Messages that no device owned yet become this device's, as does the recipient, unless another has both.
    public func recordInbound(from number: String, to device: DeviceID, at moment: Date, now: Date)
        async throws(QueueError)
    {
        try await self.transaction { try $0.recordInbound(from: number, to: device, at: moment, now: now) }
    }

    static func recordInbound(
        from number: String, to device: DeviceID, at moment: Date, _ now: Date, _ db: Database
    ) throws {
        for number in NumberForms.of(number) {
            try Self.recordInbound(number, device.rawValue, min(moment, now).milliseconds, now, db)
        }
    }

    private static func recordInbound(
        _ number: String, _ device: String, _ moment: Int64, _ now: Date, _ db: Database
    ) throws {
        try db.prepared(Self.addInbound).run([.text(device), .text(number), .integer(moment)])
        try db.prepared(Self.answered).run([.text(number), .text(device)])
        guard moment > now.milliseconds - Lane.replyWindow else {
            return try Self.changeLane(of: number, on: device, from: .cold, to: .known, db)
        }
        try db.prepared(Self.becomesReply).run([.text(number), .text(device)])
    }

    /// The service says that the recipient cannot be reached for now, whatever the device may do otherwise.
    ///
    /// - Returns: How many times that was so since a message last arrived there.
    public func block(_ recipient: Recipient, until moment: Date) async throws(QueueError) -> Int {
        try await self.transaction { try $0.block(recipient, until: moment) }
    }

    static func block(_ recipient: Recipient, until moment: Date, _ db: Database) throws -> Int {
        try db.prepared(Self.blocks).first([.text(recipient.address), .integer(moment.milliseconds)]) {
            Int($0.integer(0))
        } ?? 1
    }

    /// Whether the number ever wrote to the device, or read a message of it.
    static func isKnown(_ number: String, to device: String, _ db: Database) throws -> Bool {
        try db.prepared(
            """
            SELECT 1 FROM contact WHERE device = ? AND number = ? AND (firstInAt IS NOT NULL OR lastReadAt IS NOT NULL)
            """
        ).first([.text(device), .text(number)]) { _ in true } ?? false
    }

    /// Moves the number's pending messages on a device from one lane to another.
    static func changeLane(
        of number: String, on device: String, from: Lane, to lane: Lane, _ db: Database
    ) throws {
        // messageOfNumber
        try db.prepared(Self.changesLane).run([.text(number), .text(device), .lane(from), .lane(lane)])
    }

    private static let addInbound = """
        INSERT INTO contact (device, number, firstInAt, lastInAt) VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT DO UPDATE SET firstInAt = coalesce(firstInAt, excluded.firstInAt),
            lastInAt = max(coalesce(lastInAt, 0), excluded.lastInAt)
        """
    private static let answered = """
        INSERT INTO recipient (number, owner) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET unanswered = NULL,
            owner = CASE owner WHEN '' THEN excluded.owner ELSE owner END
        """
    private static let blocks = """
        INSERT INTO recipient (number, blockedUntil, reachTries) VALUES (?, ?, 1)
        ON CONFLICT DO UPDATE SET blockedUntil = excluded.blockedUntil, reachTries = reachTries + 1 RETURNING reachTries
        """
    private static let changesLane = """
        UPDATE message INDEXED BY messageOfNumber SET lane = ?4
        WHERE number = ?1 AND status = 'pending' AND owner = ?2 AND lane = ?3
        """
    private static let becomesReply = """
        UPDATE message INDEXED BY messageOfNumber SET lane = 0, owner = ?2
        WHERE number = ?1 AND status = 'pending' AND (owner = ?2 AND lane <> 0
            OR owner = '' AND ?2 = (SELECT r.owner FROM recipient r WHERE r.number = ?1))
        """
}
