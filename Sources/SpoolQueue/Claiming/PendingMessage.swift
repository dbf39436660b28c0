import Foundation
import SpoolCore

/// A message at the head of a line, as far as a decision needs it.
struct PendingMessage {
    var id: Int64
    var batch: Int64
    var user: Int64
    var priority: Priority
    var lane: Lane
    var number: String
    var notBefore: Int64
    var queuedAt: Int64
    var expiresAt: Int64?
    var timeZone: String?
    var ref: String?
    var textHash: Int64?
    /// A moment was promised to it when it had to wait.
    var slotAt: Int64?
    var isReleased: Bool
    var isUncertain: Bool
    var wireID: String?
    var firstAttemptAt: Int64?
    var attempts: Int
    var text: String
    var media: Int64?

    /// Ends in the conditions that messageHead is for: batch, priority, owner and lane.
    static let select = """
        SELECT id, batchId, userId, priority, lane, number, notBefore, queuedAt, expiresAt, timeZone, ref, textHash, slotAt,
            releasedAt, isUncertain, wireId, firstAttemptAt, attempts, body, mediaId
        FROM message INDEXED BY messageHead
        WHERE batchId = ?1 AND priority = ?2 AND owner = ?3 AND lane = ?4 AND status = 'pending' AND heldAt IS NULL
        """

    init(_ row: SQLRow) {
        self.id = row.integer(0)
        self.batch = row.integer(1)
        self.user = row.integer(2)
        self.priority = Priority(rawValue: Int(row.integer(3))) ?? .normal
        self.lane = Lane(rawValue: Int(row.integer(4))) ?? .cold
        self.number = row.text(5)
        self.notBefore = row.integer(6)
        self.queuedAt = row.integer(7)
        self.expiresAt = row.optionalInteger(8)
        self.timeZone = row.optionalText(9)
        self.ref = row.optionalText(10)
        self.textHash = row.optionalInteger(11)
        self.slotAt = row.optionalInteger(12)
        self.isReleased = !row.isNull(13)
        self.isUncertain = row.integer(14) == 1
        self.wireID = row.optionalText(15)
        self.firstAttemptAt = row.optionalInteger(16)
        self.attempts = Int(row.integer(17))
        self.text = row.text(18)
        self.media = row.optionalInteger(19)
    }

    var isToGroup: Bool { self.number.hasSuffix("@g.us") }
}
