public import Foundation
import GRDB
public import SpoolCore

/// Where a message stands and what keeps it there: the queue's part of the answer to why it has not been sent.
public struct Placement: Equatable, Sendable {
    public var message: MessageView
    /// The device that has to take it; `nil` for any.
    public var owner: DeviceID?
    /// Only its device may send it.
    public var isPinned: Bool
    public var lane: Lane
    /// Held, since then, by a rule with this code or by a person.
    public var heldAt: Date?
    public var holdCode: String?
    /// It fails then with that code if nobody releases it.
    public var failAt: Date?
    /// Why its batch is held; `nil` when it is not.
    public var batchHold: String?
    public var userIsHeld: Bool
    public var deviceIsHeld: Bool
    public var everythingIsHeld: Bool
    public var sendingIsStopped: Bool
    /// What is known of its recipient, seen from its device.
    public var facts: RecipientFacts
    /// Due messages of its batch that stand in the same line before it, counted up to 10,000.
    public var ahead: Int
    /// Lines of its priority that its device looks at besides its own, whose messages take turns with it.
    public var competingLines: Int
}

extension QueueReader {
    /// Everything that the queue knows about why a message is where it is; `nil` when there is none, or it is another
    /// user's.
    public func placement(of id: QueueID, user: UserName? = nil, now: Date) async throws(QueueError) -> Placement? {
        guard let detail = try await self.message(id, of: user) else { return nil }
        return try await self.read { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: Self.placed, arguments: ["id": id.rawValue])
            else { return nil }
            let owner: String = row["owner"]
            let number: String = row["number"]
            let known = try KnownRecipient(number: number, user: row["userId"], device: owner, db)
            return Placement(
                message: detail.message, owner: DeviceID(owner: owner), isPinned: row["isPinned"],
                lane: Lane(rawValue: row["lane"]) ?? .cold, heldAt: row.date("heldAt"), holdCode: row["holdCode"],
                failAt: row.date("failAt"), batchHold: row["batchHold"], userIsHeld: row["userIsHeld"],
                deviceIsHeld: row["deviceIsHeld"], everythingIsHeld: row["everythingIsHeld"],
                sendingIsStopped: row["sendingIsStopped"],
                facts: known.facts(isToGroup: number.hasSuffix("@g.us"), lastSlot: row["lastSlot"], now: now),
                ahead: try Self.ahead(of: row, now, db), competingLines: row["competingLines"])
        }
    }

    private static func ahead(of row: Row, _ now: Date, _ db: Database) throws -> Int {
        // messageHead covers both
        let line: StatementArguments = [
            "batch": row["batchId"], "owner": row["owner"], "lane": row["lane"], "priority": row["priority"],
        ]
        let notBefore: Int64 = row["notBefore"]
        let isFresh = notBefore == 0
        let place: StatementArguments = [
            "notBefore": notBefore, "id": row["id"], "now": now.milliseconds, "isFresh": isFresh,
        ]
        return try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY messageHead
                WHERE batchId = :batch AND owner = :owner AND lane = :lane AND priority = :priority
                AND status = 'pending' AND heldAt IS NULL AND id <> :id AND CASE
                    WHEN :isFresh THEN notBefore = 0 AND id < :id OR notBefore > 0 AND notBefore <= :now
                    ELSE notBefore > 0 AND (notBefore, id) < (:notBefore, :id) OR notBefore = 0 AND :notBefore > :now END
                LIMIT 10000)
                """, arguments: line + place) ?? 0
    }

    private static let placed = """
        SELECT m.id, m.batchId, m.userId, m.number, m.owner, m.lane, m.priority, m.notBefore, m.pin IS NOT NULL AS isPinned,
            m.heldAt, m.holdCode, m.failAt,
            CASE WHEN b.heldAt IS NOT NULL THEN coalesce(b.holdReason, 'by a person') END AS batchHold,
            u.heldAt IS NOT NULL AS userIsHeld,
            EXISTS (SELECT 1 FROM hold WHERE scope = 'device' AND name = m.owner) AS deviceIsHeld,
            EXISTS (SELECT 1 FROM hold WHERE scope = 'all') AS everythingIsHeld,
            EXISTS (SELECT 1 FROM setting WHERE name = 'sending' AND value = 'stopped') AS sendingIsStopped,
            (SELECT max(p.slotAt) FROM message p INDEXED BY messageOfNumber
                WHERE p.number = m.number AND p.status = 'pending' AND p.id <> m.id) AS lastSlot,
            (SELECT count(*) FROM line l WHERE l.priority = m.priority AND l.pending > 0 AND l.isHeld = 0
                AND l.owner IN ('', m.owner) AND NOT (l.batchId = m.batchId AND l.owner = m.owner AND l.lane = m.lane))
                AS competingLines
        FROM message m JOIN batch b ON b.id = m.batchId JOIN user u ON u.id = m.userId WHERE m.id = :id
        """
}
