import Foundation
import GRDB
import SpoolCore

/// One claim, inside its transaction: who is next, what becomes of that message, and the line behind it.
///
/// Looks at the first user of each queue (priority, owner and lane), at that user's first line and at that line's first
/// message: seeks only, however long any of them are. What it looks at in vain it puts away, and it stops when it has
/// done `effort`.
struct ClaimRun {
    let device: DeviceID
    let owners: [String]
    let lanes: Set<Lane>
    let order: [Priority]
    let lease: Duration
    let now: Date
    let makeWireID: @Sendable () -> WireMessageID
    let decide: @Sendable (Candidate) -> Verdict
    /// How many looks are left.
    private var effort: Int
    private var exhausted: Set<Priority> = []
    private(set) var others: [Claim.Judgement] = []
    private(set) var hasMore = false
    let db: Database

    /// Looks of one call: with them a claim stays well below a millisecond.
    static let usualEffort = 40

    init(
        device: DeviceID, order: [Priority], lanes: Set<Lane>, takesUnowned: Bool, lease: Duration, now: Date,
        effort: Int, makeWireID: @escaping @Sendable () -> WireMessageID,
        decide: @escaping @Sendable (Candidate) -> Verdict, _ db: Database
    ) throws {
        self.device = device
        self.owners = takesUnowned ? [device.rawValue, ""] : [device.rawValue]
        self.lanes = lanes
        self.order = order
        self.lease = lease
        self.now = now
        self.effort = effort
        self.makeWireID = makeWireID
        self.decide = decide
        self.db = db
        try self.wake()
    }

    /// Claims the next message; `nil` when there is none, or the effort is used up.
    mutating func next() throws -> ClaimedMessage? {
        for priority in self.order where !self.exhausted.contains(priority) {
            while let turn = try self.nextUser(priority) {
                guard self.spend(1) else { return nil }
                guard let line = try self.nextLine(of: turn.user, priority) else {
                    try self.db.prepared(Self.deleteTurn).run(
                        [.integer(turn.user), .priority(priority), .text(turn.owner), .lane(turn.lane)])
                    continue
                }
                guard let candidate = try self.head(of: line) else { continue }
                guard self.spend(2) else { return nil }
                if let message = try self.judge(candidate, in: line) {
                    try self.endTurn(of: turn.user, line)
                    return message
                }
            }
            self.exhausted.insert(priority)
        }
        return nil
    }

    private mutating func spend(_ looks: Int) -> Bool {
        guard self.effort >= looks else {
            self.hasMore = true
            return false
        }
        self.effort -= looks
        return true
    }

    mutating func note(_ candidate: PendingMessage, _ verdict: Verdict) {
        self.others.append(
            Claim.Judgement(
                message: QueueID(rawValue: candidate.id), batch: BatchID(rawValue: candidate.batch), verdict: verdict))
    }
}

/// Turns: users of one priority one after the other, and each user's batches.
extension ClaimRun {
    private struct Turn {
        var turn: Int64
        var user: Int64
        var owner: String
        var lane: Lane
    }

    /// The user who has waited longest for a message of this priority that the device may send.
    private func nextUser(_ priority: Priority) throws -> Turn? {
        let statement = try self.db.prepared(Self.firstTurn)
        var first: Turn?
        for owner in self.owners {
            var behind: Int64 = -1
            while let found = try statement.first(
                [.priority(priority), .text(owner), .integer(behind)],
                { (lane: $0.integer(0), turn: $0.integer(1), user: $0.integer(2)) })
            {
                behind = found.lane
                guard let lane = Lane(rawValue: Int(found.lane)), self.lanes.contains(lane) else { continue }
                if let known = first, (known.turn, known.user) <= (found.turn, found.user) { continue }
                first = Turn(turn: found.turn, user: found.user, owner: owner, lane: lane)
            }
        }
        return first
    }

    /// The user's line that has waited longest; what only this device may send goes first among equals.
    private func nextLine(of user: Int64, _ priority: Priority) throws -> LineKey? {
        let statement = try self.db.prepared(Self.firstLine)
        var first: (turn: Int64, key: LineKey)?
        for owner in self.owners {
            var behind: Int64 = -1
            while let found = try statement.first(
                [.integer(user), .priority(priority), .text(owner), .integer(behind)],
                { (lane: $0.integer(0), turn: $0.integer(1), batch: $0.integer(2)) })
            {
                behind = found.lane
                guard let lane = Lane(rawValue: Int(found.lane)), self.lanes.contains(lane) else { continue }
                if let known = first, known.turn <= found.turn { continue }
                first = (found.turn, LineKey(batch: found.batch, priority: priority, owner: owner, lane: lane))
            }
        }
        return first?.key
    }

    /// The first message of the line that is due; without one the line is put away.
    ///
    /// What had to wait and is due goes before what never had to: it would else wait for the whole batch.
    private func head(of line: LineKey) throws -> PendingMessage? {
        let values = line.values
        let due = try self.db.prepared(Self.firstWaiting).first(
            values + [.integer(self.now.milliseconds)], PendingMessage.init)
        if let due { return due }
        if let fresh = try self.db.prepared(Self.firstFresh).first(values, PendingMessage.init) { return fresh }
        let next = try self.db.prepared(Self.nextMoment).first(values) { $0.integer(0) }
        if let next {
            try self.db.prepared(Self.putToSleep).run(values + [.integer(next)])
        } else {
            try self.db.prepared(Self.deleteLine).run(values)
        }
        return nil
    }

    /// User and batch go to the end of the queues this device looks at.
    private func endTurn(of user: Int64, _ line: LineKey) throws {
        try self.db.prepared("UPDATE lastTurn SET turn = turn + 1").run([])
        let user: [SQLValue] = [.integer(user), .priority(line.priority)]
        let batch: [SQLValue] = [.integer(line.batch), .priority(line.priority)]
        for owner in self.owners {
            try self.db.prepared(Self.endUserTurn).run(user + [.text(owner)])
            try self.db.prepared(Self.endLineTurn).run(batch + [.text(owner)])
        }
    }

    /// Looks again along lines whose messages had to wait until now.
    private mutating func wake() throws {
        let wake = try self.db.prepared(Self.wakeLine)
        for owner in self.owners {
            while true {
                let due = try self.db.prepared(Self.dueLines).all(
                    [.text(owner), .integer(self.now.milliseconds)]
                ) { row in
                    [
                        SQLValue.integer(row.integer(0)), .integer(row.integer(1)), .text(owner),
                        .integer(row.integer(2)),
                    ]
                }
                for line in due { try wake.run(line) }
                guard due.count == 8 else { break }
                guard self.spend(4) else { break }
            }
        }
    }

    private static let firstTurn = """
        SELECT lane, turn, userId FROM userTurn INDEXED BY userTurnNext WHERE priority = ? AND owner = ? AND lane > ?
        ORDER BY lane, turn, userId LIMIT 1
        """
    private static let firstLine = """
        SELECT lane, turn, batchId FROM line INDEXED BY lineAwake
        WHERE userId = ? AND priority = ? AND owner = ? AND lane > ? AND wakeAt = 0 AND isHeld = 0
        ORDER BY lane, turn, batchId LIMIT 1
        """
    private static let firstWaiting =
        PendingMessage.select + " AND notBefore > 0 AND notBefore <= ?5 ORDER BY notBefore, id LIMIT 1"
    private static let firstFresh = PendingMessage.select + " AND notBefore = 0 ORDER BY id LIMIT 1"
    private static let nextMoment = """
        SELECT notBefore FROM message INDEXED BY messageHead
        WHERE batchId = ?1 AND priority = ?2 AND owner = ?3 AND lane = ?4 AND status = 'pending' AND heldAt IS NULL
        ORDER BY notBefore LIMIT 1
        """
    private static let deleteTurn =
        "DELETE FROM userTurn WHERE userId = ? AND priority = ? AND owner = ? AND lane = ?"
    private static let deleteLine = "DELETE FROM line WHERE batchId = ? AND priority = ? AND owner = ? AND lane = ?"
    private static let putToSleep = """
        UPDATE line SET wakeAt = ?5 WHERE batchId = ?1 AND priority = ?2 AND owner = ?3 AND lane = ?4
        """
    private static let endUserTurn = """
        UPDATE userTurn SET turn = (SELECT turn FROM lastTurn) WHERE userId = ? AND priority = ? AND owner = ?
        """
    private static let endLineTurn = """
        UPDATE line SET turn = (SELECT turn FROM lastTurn) WHERE batchId = ? AND priority = ? AND owner = ?
        """
    private static let dueLines = """
        SELECT batchId, priority, lane FROM line INDEXED BY lineAsleep
        WHERE owner = ? AND wakeAt > 0 AND wakeAt <= ? AND isHeld = 0 ORDER BY wakeAt LIMIT 8
        """
    private static let wakeLine = """
        UPDATE line SET wakeAt = 0, turn = (SELECT turn FROM lastTurn)
        WHERE batchId = ? AND priority = ? AND owner = ? AND lane = ?
        """
}
