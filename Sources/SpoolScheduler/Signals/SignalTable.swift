import Foundation
import SpoolCore

/// What each signal means: one row of the table a function, which answers with actions and changes nothing.
///
/// `DeviceState.react(to:at:)` asks it and obeys. The log has noted the event before.
struct SignalTable {
    let standing: Standing
    let log: SignalLog
    let now: Date

    /// After the end that the service names, so that our clock may be a little ahead.
    static let grace = 10.0
    /// How long a lock of unknown length is believed in.
    static let assumedLock = 86400.0
    /// The first pause before asking again about a lock; doubles up to an hour.
    static let firstQuestion = 60.0
    static let recipientPause = 86400.0
    static let mostPutOffs = 2
    /// Recipients an hour that make a lock.
    static let refusalsOfLock = 3
    /// Lost connections an hour that a person should hear of.
    static let failuresOfWarning = 5
    /// How long after a time lock a logout is suspected to be the service's doing.
    static let suspicion = 86400.0

    // MARK: Time lock

    func timeLock(until: Date?) -> [SignalAction] {
        guard let until else {
            return [.stopCold(until: self.now.addingTimeInterval(Self.assumedLock)), .queryTimeLock(at: self.now)]
                + self.firstSign("the service has locked the account against new people, and does not say how long")
        }
        return [.stopCold(until: until.addingTimeInterval(Self.grace))]
            + self.firstSign("the service has locked the account against new people until \(until.formatted(.iso8601))")
    }

    private func firstSign(_ words: String) -> [SignalAction] {
        self.standing.isTimeLockKnown(at: self.now) ? [] : [.stopWarmUp, .alarm(words)]
    }

    func timeLockUnknown() -> [SignalAction] {
        guard let lock = self.standing.timeLock, lock.until > self.now, lock.isAssumed else { return [] }
        let pause = min(Self.firstQuestion * pow(2, Double(min(lock.questions, 10))), 3600)
        return [.queryTimeLock(at: self.now.addingTimeInterval(pause))]
    }

    /// Three refusals within an hour are believed for that hour, whatever the service says of a lock.
    func timeLockLifted() -> [SignalAction] {
        let waiting = self.log.questioned.map { refused in
            SignalAction.putOffRecipient(
                Recipient(address: refused.address), until: self.now.addingTimeInterval(Self.recipientPause))
        }
        guard self.log.questioned.isEmpty || self.log.refusals.count < Self.refusalsOfLock else {
            return waiting + self.lockFromRefusals()
        }
        guard let lock = self.standing.timeLock else { return waiting }
        let believed = lock.since.addingTimeInterval(3600)
        switch lock.source {
        case .question: return waiting + [.resumeCold]
        case .refusals where believed > self.now: return waiting + [.queryTimeLock(at: believed)]
        case .refusals, .service: return waiting + [.resumeCold, .restartWarmUp]
        }
    }

    private func lockFromRefusals() -> [SignalAction] {
        [.stopCold(until: self.now.addingTimeInterval(Self.assumedLock)), .queryTimeLock(at: self.now)]
            + self.firstSign("the service has refused \(self.log.refusals.count) recipients within an hour (463)")
    }

    // MARK: Refused messages

    func reachOutRefused(_ message: RefusedMessage, _ knowledge: TimeLockKnowledge) -> [SignalAction] {
        // Who is no stranger is let through by a lock: it is the recipient.
        guard message.lane == .cold else { return self.tokenMissing(message) }
        let returned = SignalAction.returnMessage(
            reason: "REACHOUT_TIMELOCK: the service lets the account write to no new people")
        switch knowledge {
        case .active(let until): return [returned] + self.timeLock(until: until)
        case .inactive: return self.tokenMissing(message)
        case .unknown where message.timesPutOff >= Self.mostPutOffs: return self.tokenMissing(message)
        case .unknown:
            guard self.standing.timeLocked(at: self.now) == nil else { return [returned] }
            return [
                returned, .stopCold(until: self.now.addingTimeInterval(Self.firstQuestion)),
                .queryTimeLock(at: self.now),
            ]
        }
    }

    private func tokenMissing(_ message: RefusedMessage) -> [SignalAction] {
        var actions: [SignalAction] = []
        if message.timesPutOff >= Self.mostPutOffs {
            actions.append(
                .failMessage(.recipientNotReachable, error: "The service refuses messages to this recipient (463)"))
        } else {
            actions.append(
                .putOffRecipient(message.recipient, until: self.now.addingTimeInterval(Self.recipientPause)))
        }
        return self.log.refusals.count < Self.refusalsOfLock ? actions : actions + self.lockFromRefusals()
    }

    func newChatCapReached() -> [SignalAction] {
        let known = self.standing.quota(at: self.now)
        let until = known?.endsAt ?? self.now.addingTimeInterval(86400)
        return [
            .returnMessage(reason: "NEW_CHAT_CAP: the account's number of new chats is used up"),
            .stopCold(until: until), .queryQuota(at: self.now),
        ] + (known?.notice.level == .capped ? [] : [.stopWarmUp, self.capAlarm])
    }

    private var capAlarm: SignalAction { .alarm("the account's monthly number of new chats is used up") }

    func staleDevices(isSecondTime: Bool) -> [SignalAction] {
        guard isSecondTime else { return [.refreshDevicesAndRetry] }
        return [.failMessage(.rejected, error: "The server refused it twice, with new device lists too (479)")]
    }

    func refusedForGood(code: Int?) -> [SignalAction] {
        [.failMessage(.rejected, error: "The server refused it for good (\(Self.words(code)))")]
    }

    func refusedForNow(code: Int?) -> [SignalAction] {
        [.backOffMessage(reason: "the server refused it this time (\(Self.words(code)))")]
    }

    // MARK: Quota

    func quota(_ notice: NewChatQuota) -> [SignalAction] {
        let until = Standing.Quota(notice: notice, notedAt: self.now).endsAt
        let isNews = self.standing.quota(at: self.now)?.notice.level != notice.level
        switch notice.level {
        case .none: return []
        case .firstWarning: return [.limitCold(share: 0.5, until: until)] + (isNews ? [.stopWarmUp] : [])
        case .secondWarning:
            return [.limitCold(share: 0.1, until: until)]
                + (isNews ? [.stopWarmUp, .alarm("the account's monthly number of new chats is nearly used up")] : [])
        case .capped: return [.stopCold(until: until)] + (isNews ? [.stopWarmUp, self.capAlarm] : [])
        }
    }

    // MARK: Bans and ends

    func temporaryBan(code: Int?, until: Date?) -> [SignalAction] {
        let reason = "the account is banned for a time: \(BanCode.words(code))"
        let isNews = !(self.standing.ban?.isSame(code: code, until: until) ?? false)
        let end = until.map { "until \($0.formatted(.iso8601))" } ?? "the service does not say how long"
        return [.stopDevice(until: until, reason: reason)]
            + (isNews ? [.restartWarmUp, .alarm("\(reason), \(end)")] : [])
    }

    func status(_ status: DeviceStatus, _ detail: String?) -> [SignalAction] {
        let words = detail ?? status.rawValue
        guard self.standing.halt?.status != status.rawValue else { return [] }
        switch status {
        case .connected, .disconnected, .banned: return []
        case .unlinked: return self.unlinked(words)
        case .replaced, .refused, .failed: return [.stopDevice(until: nil, reason: words), .alarm(words)]
        case .outdated: return [.stopAllDevices(reason: words), .stopDevice(until: nil, reason: words), .alarm(words)]
        }
    }

    private func unlinked(_ words: String) -> [SignalAction] {
        let seen = self.log.timeLockSeenAt.map { self.now.timeIntervalSince($0) < Self.suspicion } ?? false
        return [.stopDevice(until: nil, reason: words)]
            + (seen
                ? [.label("policy_suspected"), .alarm("\(words); policy suspected: a time lock came before")]
                : [.alarm(words)])
    }

    /// 515 asks for a new connection and is no failure.
    func transportFailure(code: Int?) -> [SignalAction] {
        guard code != Self.restartRequired, self.log.failures.count == Self.failuresOfWarning + 1 else {
            return [.reconnect]
        }
        return [.reconnect, .warn("the connection was lost \(self.log.failures.count) times within an hour")]
    }

    static let restartRequired = 515

    func noAnswer() -> [SignalAction] { [.leaveUncertain] }

    func queryRefused(_ kind: QueryKind) -> [SignalAction] {
        self.log.queries[kind].map { [.backOffQuery(kind, until: $0.until)] } ?? []
    }

    private static func words(_ code: Int?) -> String { code.map(String.init) ?? "no code" }
}
