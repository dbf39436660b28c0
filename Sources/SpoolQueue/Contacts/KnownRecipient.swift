import Foundation
import GRDB
import SpoolCore

/// What the tables say of a recipient, seen from one device.
struct KnownRecipient {
    var isSuppressed: Bool
    /// The device that it stays with; empty while any device may write to it.
    var owner: String
    var lastSentAt: Int64?
    var unanswered: UnansweredTimes
    var blockedUntil: Int64?
    /// The latest moment that was promised to one of its messages.
    var promised: Int64?
    private var firstInAt: Int64?
    private var lastInAt: Int64?
    private var lastReadAt: Int64?

    /// Point look-ups only.
    init(number: String, user: Int64, device: String, _ db: Database) throws {
        let found = try db.prepared(Self.select).first([.integer(user), .text(number), .text(device)]) { row in
            Self(row)
        }
        self = found ?? Self()
    }

    private init() {
        self.isSuppressed = false
        self.owner = ""
        self.unanswered = UnansweredTimes()
    }

    private init(_ row: SQLRow) {
        self.isSuppressed = !row.isNull(0)
        self.owner = row.text(1)
        self.lastSentAt = row.optionalInteger(2)
        self.unanswered = UnansweredTimes(row.blob(3))
        self.blockedUntil = row.optionalInteger(4)
        self.firstInAt = row.optionalInteger(5)
        self.lastInAt = row.optionalInteger(6)
        self.lastReadAt = row.optionalInteger(7)
        self.promised = row.optionalInteger(8)
    }

    private static let select = """
        SELECT s.addedAt, r.owner, r.lastSentAt, r.unanswered, r.blockedUntil, c.firstInAt, c.lastInAt, c.lastReadAt,
            (SELECT slotAt FROM message INDEXED BY messageOfNumber
                WHERE number = ?2 AND status = 'pending' AND slotAt > 0 ORDER BY slotAt DESC LIMIT 1)
        FROM (SELECT 1) LEFT JOIN suppression s ON s.userId = ?1 AND s.number = ?2
        LEFT JOIN recipient r ON r.number = ?2 LEFT JOIN contact c ON c.device = ?3 AND c.number = ?2
        """

    /// - Parameter lastSlot: The latest moment promised to one of its messages.
    func facts(isToGroup: Bool, lastSlot: Int64?, now: Date) -> RecipientFacts {
        let last = [self.lastSentAt, lastSlot].compactMap { $0 }.max()
        return RecipientFacts(
            isSuppressed: self.isSuppressed, lastSlot: last.map { Date(milliseconds: $0) },
            lastInbound: self.lastInAt.map { Date(milliseconds: $0) },
            isKnown: isToGroup || self.firstInAt != nil || self.lastReadAt != nil,
            lastUnanswered: self.unanswered.last, unanswered: self.unanswered.count(at: now),
            blockedUntil: self.blockedUntil.map { Date(milliseconds: $0) })
    }

    /// The lane on the device.
    func lane(isToGroup: Bool, now: Date) -> Lane {
        if isToGroup { return .known }
        if let lastInAt = self.lastInAt, lastInAt > now.milliseconds - Lane.replyWindow { return .reply }
        return self.firstInAt != nil || self.lastReadAt != nil ? .known : .cold
    }
}

extension Lane {
    /// How long after a recipient has written a message is a reply, in milliseconds.
    static let replyWindow: Int64 = 24 * 3600 * 1000
}

/// When a recipient was written to as a stranger and has not answered: the last 32 moments.
struct UnansweredTimes {
    private static let most = 32
    private static let window: Int64 = 30 * 24 * 3600 * 1000
    private var times: [Int64] = []

    init() {}

    /// Reads what `bytes` wrote.
    init(_ bytes: [UInt8]) {
        self.times = stride(from: 0, to: bytes.count - 7, by: 8).map { start in
            bytes[start..<start + 8].reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    var bytes: [UInt8] {
        self.times.flatMap { time in (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) } }
    }

    var last: Date? { self.times.last.map { Date(milliseconds: $0) } }

    func count(at now: Date) -> Int {
        self.times.count { $0 > now.milliseconds - Self.window }
    }

    mutating func add(_ time: Int64) {
        self.times.removeAll { $0 <= time - Self.window }
        self.times.append(time)
        if self.times.count > Self.most { self.times.removeFirst() }
    }

    /// - Returns: Whether it was there.
    mutating func remove(_ time: Int64) -> Bool {
        guard let index = self.times.lastIndex(of: time) else { return false }
        self.times.remove(at: index)
        return true
    }
}
