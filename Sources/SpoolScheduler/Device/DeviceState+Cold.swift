import Foundation
import SpoolCore

/// What keeps strangers, while replies and known people go on.
extension DeviceState {
    /// Each line is a rule.
    func coldObstacles(at now: Date) -> [Closure] {
        let closures: [Closure?] = [
            self.memory.standing.timeLocked(at: now),
            self.memory.standing.quotaUsedUp(at: now),
            self.memory.breaker.closure(at: now, self.policy.breaker),
            self.memory.replyRatio.closure(self.policy.replyRatio),
        ]
        return closures.compactMap(\.self) + self.coldCaps(at: now).compactMap { self.closure(of: $0, at: now) }
    }

    /// How many strangers may be written to now; at most `Int.max`.
    func coldRoom(at now: Date) -> Int {
        let rooms = self.coldCaps(at: now).map { $0.cap.room(at: now, after: self.ledger.cold) }
        let probe = self.policy.breaker.window != nil && self.memory.breaker.isHalfOpen ? 1 : Int.max
        return min(rooms.min() ?? .max, self.memory.standing.quotaLeft(at: now) ?? .max, probe)
    }

    struct ColdCap {
        var cap: SendingCap
        var reason: WaitReason
        /// When the cap itself grows.
        var nextRise: Date?
    }

    /// Each line is a rule: the caps of 24 hours on strangers.
    func coldCaps(at now: Date) -> [ColdCap] {
        [self.warmUpCap(at: now), self.careCap, self.quotaCap(at: now)].compactMap(\.self)
    }

    private func closure(of cold: ColdCap, at now: Date) -> Closure? {
        guard cold.cap.room(at: now, after: self.ledger.cold) == 0 else { return nil }
        let next = cold.cap.nextRoom(at: now, after: self.ledger.cold)
        return Closure(until: min(next, cold.nextRise ?? next), cold.reason)
    }

    private func warmUpCap(at now: Date) -> ColdCap? {
        guard self.policy.warmUp, let allowance = self.memory.warmUp.allowance(at: now) else { return nil }
        return ColdCap(
            cap: SendingCap(limit: allowance.cap, window: 86400),
            reason: .warmUp(cap: allowance.cap, day: allowance.day), nextRise: self.memory.warmUp.nextRise(after: now))
    }

    private var careCap: ColdCap? {
        self.policy.coldCap.map { ColdCap(cap: SendingCap(limit: $0, window: 86400), reason: .coldCap($0)) }
    }

    /// A share of what would be allowed without the service's warning.
    private func quotaCap(at now: Date) -> ColdCap? {
        guard let (share, level) = self.memory.standing.quotaShare(at: now) else { return nil }
        let warming = self.policy.warmUp ? self.memory.warmUp.allowance(at: now)?.cap : nil
        let whole = [warming, self.policy.coldCap, self.policy.pacing.daily].compactMap(\.self).min() ?? 1000
        let cap = Int(Double(whole) * share)
        return ColdCap(
            cap: SendingCap(limit: cap, window: 86400), reason: .quotaShare(cap: cap, level: level),
            nextRise: self.memory.standing.quota(at: now)?.endsAt)
    }
}
