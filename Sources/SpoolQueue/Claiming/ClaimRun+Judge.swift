import Foundation
import GRDB
import SpoolCore

extension ClaimRun {
    /// Asks what is to become of the message and does it; the message itself when it is claimed.
    mutating func judge(_ candidate: PendingMessage, in line: LineKey) throws -> ClaimedMessage? {
        var message = candidate
        var line = line
        if let expiresAt = message.expiresAt, expiresAt <= self.now.milliseconds {
            try self.finish(message, .failed, .expired, "Not sent before its expiresAt")
            self.note(message, .fail(.expired, error: "Not sent before its expiresAt"))
            return nil
        }
        let known = try KnownRecipient(
            number: message.number, user: message.user, device: self.device.rawValue, self.db)
        if line.owner.isEmpty, !known.owner.isEmpty {
            (line.owner, line.lane) = (known.owner, try self.give(message, to: known))
            message.lane = line.lane
            guard line.owner == self.device.rawValue, self.lanes.contains(line.lane) else { return nil }
        }
        let verdict = try self.verdict(on: message, known)
        if case .send = verdict { return try self.send(message, known) }
        self.note(message, verdict)
        try self.obey(verdict, message, line)
        return nil
    }

    /// Decides by the recipient's last message; one that has to wait gets its moment behind all that were promised.
    ///
    /// What waited for its own moment is not measured by the moments of those behind it.
    private func verdict(on message: PendingMessage, _ known: KnownRecipient) throws -> Verdict {
        let promised = known.promised
        let hadItsMoment = message.slotAt != nil
        let repeatsText = try self.repeatsText(message)
        let verdict = self.decide(self.candidate(message, known, hadItsMoment ? nil : promised, repeatsText))
        guard hadItsMoment, case .wait = verdict, let promised, promised > self.now.milliseconds else { return verdict }
        return self.decide(self.candidate(message, known, promised, repeatsText))
    }

    private func candidate(
        _ message: PendingMessage, _ known: KnownRecipient, _ lastSlot: Int64?, _ repeatsText: Bool
    ) -> Candidate {
        Candidate(
            id: QueueID(rawValue: message.id), batch: BatchID(rawValue: message.batch), user: message.user,
            priority: message.priority, recipient: Recipient(address: message.number), lane: message.lane,
            repeatsText: repeatsText, isReleased: message.isReleased, isUncertain: message.isUncertain,
            timeZone: message.timeZone, queuedAt: Date(milliseconds: message.queuedAt),
            expiresAt: message.expiresAt.map { Date(milliseconds: $0) },
            facts: known.facts(isToGroup: message.isToGroup, lastSlot: lastSlot, now: self.now))
    }

    /// Whether another message with this text went to the number within 24 hours, or is about to, and the two do not
    /// carry refs that differ.
    private func repeatsText(_ message: PendingMessage) throws -> Bool {
        guard let hash = message.textHash else { return false }
        let since = self.now.milliseconds - 24 * 3600 * 1000
        return try self.db.prepared(Self.sameText).first(
            [.text(message.number), .integer(hash), .integer(since), .integer(message.id), .text(message.ref)]
        ) { _ in true } ?? false
    }

    private func send(_ message: PendingMessage, _ known: KnownRecipient) throws -> ClaimedMessage {
        let wireID = message.wireID ?? self.makeWireID().rawValue
        let leaseUntil = self.now.addingTimeInterval(self.lease.seconds)
        let changed = try self.db.prepared(Self.claim).run([
            .integer(message.id), .text(self.device.rawValue), .text(wireID), .integer(self.now.milliseconds),
            .integer(leaseUntil.milliseconds),
        ])
        let id = QueueID(rawValue: message.id)
        guard changed == 1 else { throw QueueError.unexpectedState(id, expected: .pending) }
        var claimed = ClaimedMessage(
            id: id, batch: BatchID(rawValue: message.batch), device: self.device,
            wireID: WireMessageID(rawValue: wireID), recipient: Recipient(address: message.number), text: message.text,
            attempt: message.attempts + 1,
            firstAttemptAt: Date(milliseconds: message.firstAttemptAt ?? self.now.milliseconds), lane: message.lane)
        claimed.priority = message.priority
        claimed.media = try message.media.map { try MessageQueue.queuedMedia($0, self.db) }
        if claimed.attempt > 1 {
            claimed.earlierAttempts =
                try self.db.prepared(Self.countAttempts).first([.integer(message.id)]) {
                    Int($0.integer(0))
                } ?? 0
        }
        try self.db.prepared(Self.addAttempt).run([
            .integer(message.id), .integer(Int64(claimed.attempt)), .text(self.device.rawValue),
            .integer(self.now.milliseconds), .lane(message.lane),
        ])
        if !message.isToGroup { try self.recordRecipient(of: message, known) }
        return claimed
    }

    private func recordRecipient(of message: PendingMessage, _ known: KnownRecipient) throws {
        var unanswered = known.unanswered
        if message.lane == .cold, message.firstAttemptAt == nil { unanswered.add(self.now.milliseconds) }
        try self.db.prepared(Self.addRecipient).run([
            .text(message.number), .text(self.device.rawValue), .integer(self.now.milliseconds),
            .blob(unanswered.bytes),
        ])
    }

    private static let sameText = """
        SELECT 1 FROM message INDEXED BY messageText WHERE number = ?1 AND textHash = ?2 AND firstAttemptAt > ?3
        AND firstAttemptAt IS NOT NULL AND id <> ?4 AND status <> 'failed' AND status <> 'cancelled'
        AND (?5 IS NULL OR ref IS NULL OR ref = ?5) LIMIT 1
        """
    private static let claim = """
        UPDATE message SET status = 'processing', reason = NULL, device = ?2, owner = ?2, wireId = coalesce(wireId, ?3),
            attempts = attempts + 1, firstAttemptAt = coalesce(firstAttemptAt, ?4), leaseUntil = ?5, slotAt = NULL
        WHERE id = ?1 AND status = 'pending'
        """
    private static let countAttempts =
        "SELECT count(*) FROM attempt WHERE messageId = ? AND outcome IS NOT 'returned'"
    private static let addAttempt =
        "INSERT INTO attempt (messageId, number, device, startedAt, lane) VALUES (?, ?, ?, ?, ?)"
    private static let addRecipient = """
        INSERT INTO recipient (number, owner, lastSentAt, unanswered) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET owner = CASE owner WHEN '' THEN excluded.owner ELSE owner END,
            lastSentAt = excluded.lastSentAt, unanswered = excluded.unanswered
        """
}

/// What becomes of a message that is not claimed.
extension ClaimRun {
    private func obey(_ verdict: Verdict, _ message: PendingMessage, _ line: LineKey) throws {
        switch verdict {
        case .send: break
        case .wait(let until, let reason): try self.postpone(message, until: until, reason)
        case .hold(let code, let reason, let failAt): try self.hold(message, code, reason, failAt)
        case .fail(let code, let error): try self.finish(message, .failed, code, error)
        case .cancel(let code, let error): try self.finish(message, .cancelled, code, error)
        case .change(let lane) where lane == message.lane && !line.owner.isEmpty:
            // Would be asked the same for ever.
            try self.postpone(message, until: self.now.addingTimeInterval(60), "its lane is not clear")
        case .change(let lane): try self.move(message, to: self.device.rawValue, lane)
        }
    }

    /// The recipient has come to belong to a device since the message was stored.
    /// - Returns: The lane it has there.
    private func give(_ message: PendingMessage, to known: KnownRecipient) throws -> Lane {
        let isOurs = known.owner == self.device.rawValue
        let there =
            try isOurs
            ? known : KnownRecipient(number: message.number, user: message.user, device: known.owner, self.db)
        let lane = there.lane(isToGroup: message.isToGroup, now: self.now)
        try self.move(message, to: known.owner, lane)
        return lane
    }

    private func move(_ message: PendingMessage, to owner: String, _ lane: Lane) throws {
        try self.db.prepared("UPDATE message SET owner = ?2, lane = ?3 WHERE id = ?1").run(
            [.integer(message.id), .text(owner), .lane(lane)])
    }

    /// Never to a moment that has come already: it would be asked again at once.
    private func postpone(_ message: PendingMessage, until moment: Date, _ reason: String) throws {
        let until = max(moment.milliseconds, self.now.milliseconds + 1)
        try self.db.prepared("UPDATE message SET notBefore = ?2, slotAt = ?2, reason = ?3 WHERE id = ?1").run(
            [.integer(message.id), .integer(until), .text(reason)])
    }

    private func hold(_ message: PendingMessage, _ code: ErrorCode, _ reason: String, _ failAt: Date?) throws {
        try self.db.prepared(
            "UPDATE message SET heldAt = ?2, holdCode = ?3, reason = ?4, failAt = ?5, slotAt = NULL WHERE id = ?1"
        ).run([
            .integer(message.id), .integer(self.now.milliseconds), .text(code.rawValue), .text(reason),
            .integer(failAt?.milliseconds),
        ])
    }

    private func finish(_ message: PendingMessage, _ state: MessageState, _ code: ErrorCode, _ error: String) throws {
        try self.db.prepared(
            "UPDATE message SET status = ?2, errorCode = ?3, error = ?4, finishedAt = ?5, reason = NULL WHERE id = ?1"
        ).run([
            .integer(message.id), .text(state.rawValue), .text(code.rawValue), .text(error),
            .integer(self.now.milliseconds),
        ])
    }
}
