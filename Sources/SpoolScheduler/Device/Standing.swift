import Foundation
import SpoolCore

/// What the service has said about the account, and until when it holds.
struct Standing: Equatable, Codable, Sendable {
    var timeLock: TimeLock?
    var quota: Quota?
    var ban: Ban?
    var halt: Halt?

    /// The account may not write to new people.
    struct TimeLock: Equatable, Codable, Sendable {
        var since: Date
        var until: Date
        /// The service has not said until when.
        var isAssumed = false
        var source: Source
        /// When to ask the service again.
        var nextQuery: Date?
        /// How often that brought nothing.
        var questions = 0

        enum Source: String, Codable {
            /// Nobody knows yet: the service is being asked.
            case question
            /// Concluded from recipients that were refused.
            case refusals
            case service
        }
    }

    /// The account's monthly number of new chats.
    struct Quota: Equatable, Codable, Sendable {
        var notice: NewChatQuota
        var notedAt: Date
        /// Strangers written to since.
        var usedSince = 0

        /// Without a word from the service, a day: then it is asked again.
        var endsAt: Date { self.notice.endsAt ?? self.notedAt.addingTimeInterval(86400) }
    }

    /// The account is banned for a time.
    struct Ban: Equatable, Codable, Sendable {
        var code: Int?
        /// `nil` when the service did not say.
        var until: Date?
        var since: Date
        /// A person has to look at it before anything is sent, also when its time is over.
        var needsPerson: Bool

        /// Every connection brings the news of the same ban again, with an end that is counted from then.
        func isSame(code: Int?, until: Date?) -> Bool {
            guard self.code == code else { return false }
            guard let mine = self.until, let until else { return self.until == until }
            return abs(mine.timeIntervalSince(until)) < 300
        }
    }

    /// The device is stopped until a person does something.
    struct Halt: Equatable, Codable, Sendable {
        /// The `DeviceStatus` that it came with.
        var status: String
        var reason: String
        var since: Date

        init(status: DeviceStatus, reason: String, since: Date) {
            self.status = status.rawValue
            self.reason = reason
            self.since = since
        }

        /// Whether a new connection proves that the device was linked anew.
        var endsByLinking: Bool { self.status == DeviceStatus.unlinked.rawValue }

        /// Whether a new connection proves that it is mended.
        var endsByConnecting: Bool {
            [DeviceStatus.outdated.rawValue, DeviceStatus.failed.rawValue].contains(self.status)
        }
    }

    /// A lock that is known to last longer is not shortened by an assumption.
    mutating func lock(until: Date, _ source: TimeLock.Source, isAssumed: Bool, at now: Date) {
        guard let lock = self.timeLock, lock.until > now else {
            self.timeLock = TimeLock(since: now, until: until, isAssumed: isAssumed, source: source)
            return
        }
        if !isAssumed {
            self.timeLock = TimeLock(since: lock.since, until: until, isAssumed: false, source: source)
        } else if lock.isAssumed {
            self.timeLock?.until = max(lock.until, until)
            if source == .service || lock.source == .question { self.timeLock?.source = source }
        }
    }

    /// Whether there is a lock, and not only a question about one.
    func isTimeLockKnown(at now: Date) -> Bool {
        guard let lock = self.timeLock, lock.until > now else { return false }
        return lock.source != .question
    }

    // MARK: Asking

    func banned(at now: Date) -> Closure? {
        guard let ban = self.ban else { return nil }
        guard let until = ban.until, !ban.needsPerson else {
            return Closure(until: .distantFuture, .banned(code: ban.code))
        }
        return until > now ? Closure(until: until, .banned(code: ban.code)) : nil
    }

    var halted: Closure? { self.halt.map { Closure(until: .distantFuture, .halted($0.reason)) } }

    func timeLocked(at now: Date) -> Closure? {
        guard let lock = self.timeLock, lock.until > now else { return nil }
        return Closure(until: lock.until, .timeLock)
    }

    /// The notice in force.
    func quota(at now: Date) -> Quota? { self.quota.flatMap { $0.endsAt > now ? $0 : nil } }

    func quotaUsedUp(at now: Date) -> Closure? {
        guard let quota = self.quota(at: now) else { return nil }
        if quota.notice.level == .capped { return Closure(until: quota.endsAt, .quotaUsedUp) }
        guard let total = quota.notice.total, let left = self.quotaLeft(at: now), left <= 0 else { return nil }
        return Closure(until: quota.endsAt, .quotaLeft(used: total - left, of: total))
    }

    /// How many new chats the service's number leaves; `nil` when it gave none.
    func quotaLeft(at now: Date) -> Int? {
        guard let quota = self.quota(at: now), let total = quota.notice.total, let used = quota.notice.used
        else { return nil }
        return max(0, total - used - quota.usedSince)
    }

    /// How much of its daily number of strangers a warning leaves.
    func quotaShare(at now: Date) -> (share: Double, level: String)? {
        switch self.quota(at: now)?.notice.level {
        case .firstWarning: (0.5, "first warning")
        case .secondWarning: (0.1, "second warning")
        case .capped, NewChatQuota.Level.none?, nil: nil
        }
    }
}
