public import Foundation
public import SpoolCore

extension DeviceState {
    /// Whether the device may send at `now`, to whom, and how many.
    ///
    /// When several rules keep it, the answer names the one that does so longest. Lanes that are closed are left out;
    /// `closure(of:)` says why.
    /// - Parameter backlog: What waits for it, for the spreading.
    public func admission(at now: Date, backlog: Backlog = .none) -> Admission {
        if let closure = self.closure(at: now, backlog) { return .wait(until: closure.until, closure.reason) }
        var lanes: Set<Lane> = [.reply, .known]
        var room = self.room(at: now)
        if self.coldClosure(at: now) == nil {
            lanes.insert(.cold)
            room = min(room, self.coldRoom(at: now))
        }
        return .now(lanes: lanes, upTo: max(1, room))
    }

    /// What keeps messages of this lane from leaving the device; `nil` when one may leave now.
    public func closure(of lane: Lane, at now: Date, backlog: Backlog = .none) -> Closure? {
        Self.last(self.obstacles(of: lane, at: now, backlog: backlog))
    }

    /// Everything that keeps messages of this lane from leaving the device, the longest last.
    public func obstacles(of lane: Lane, at now: Date, backlog: Backlog = .none) -> [Closure] {
        let own = self.deviceObstacles(at: now, backlog)
        return (lane == .cold ? own + self.coldObstacles(at: now) : own).sorted { $0.until < $1.until }
    }

    /// The earliest moment the device may send anything, `now` itself when it may.
    public func nextSend(at now: Date, backlog: Backlog = .none) -> Date {
        self.closure(at: now, backlog)?.until ?? now
    }

    /// How many messages were sent in the last hour and the last day.
    public func used(at now: Date) -> (hour: Int, day: Int) {
        (
            self.ledger.all.count(after: now.addingTimeInterval(-3600)),
            self.ledger.all.count(after: now.addingTimeInterval(-24 * 3600))
        )
    }

    private func closure(at now: Date, _ backlog: Backlog) -> Closure? {
        Self.last(self.deviceObstacles(at: now, backlog))
    }

    func coldClosure(at now: Date) -> Closure? { Self.last(self.coldObstacles(at: now)) }

    private static func last(_ closures: [Closure]) -> Closure? {
        closures.max { $0.until < $1.until }
    }

    /// Each line is a rule.
    private func deviceObstacles(at now: Date, _ backlog: Backlog) -> [Closure] {
        let closures: [Closure?] = [
            self.memory.pause.map { Closure(until: .distantFuture, .paused($0.reason)) },
            self.memory.standing.halted,
            self.memory.standing.banned(at: now),
            self.memory.cooldown.closure(at: now),
        ]
        return closures.compactMap(\.self) + self.pauses(at: now, backlog, lead: self.typingLead)
            + self.fullCaps(at: now)
    }

    private func fullCaps(at now: Date) -> [Closure] {
        self.caps.compactMap { cap, window in
            guard cap.room(at: now, after: self.ledger.all) == 0 else { return nil }
            let reason: WaitReason = window == .hour ? .hourlyCap(cap.limit) : .dailyCap(cap.limit)
            return Closure(until: cap.nextRoom(at: now, after: self.ledger.all), reason)
        }
    }

    /// When the pause after the last send ends, `now` when it has: no message leaves before. With human simulation
    /// messages are taken earlier, and what is left of the pause is filled with typing.
    public func pauseEnd(at now: Date, backlog: Backlog = .none) -> Date {
        Self.last(self.pauses(at: now, backlog, lead: 0))?.until ?? now
    }

    /// Seconds by which a message is taken before its pause ends, to be typed in them.
    private var typingLead: TimeInterval { self.policy.humanSimulation ? HumanPlan.longest : 0 }

    /// Each line is a rule.
    private func pauses(at now: Date, _ backlog: Backlog, lead: TimeInterval) -> [Closure] {
        let moment = now.addingTimeInterval(lead)
        let pauses =
            [self.pace.rest(at: moment, self.policy.pacing), self.pace.gap(at: moment)]
            + self.spreading(at: now, backlog, seenFrom: moment)
        return pauses.compactMap { pause in
            pause.map { Closure(until: $0.until.addingTimeInterval(-lead), $0.reason) }
        }
    }

    private func spreading(at now: Date, _ backlog: Backlog, seenFrom moment: Date) -> [Closure?] {
        guard self.policy.spreading else { return [] }
        return self.caps.map { cap, window in
            let room = cap.room(at: now, after: self.ledger.all)
            guard room > 0, room < (window == .hour ? backlog.hour : backlog.day) else { return nil }
            return self.pace.spreading(cap, over: window, at: moment)
        }
    }

    var caps: [(cap: SendingCap, window: WaitReason.Window)] {
        let hourly = self.policy.pacing.hourly.map { (SendingCap(limit: $0, window: 3600), WaitReason.Window.hour) }
        let daily = self.policy.pacing.daily.map { (SendingCap(limit: $0, window: 86400), WaitReason.Window.day) }
        return [hourly, daily].compactMap(\.self)
    }

    private func room(at now: Date) -> Int {
        let pacing = self.policy.pacing
        guard pacing.maximumDelay == .zero else { return 1 }
        var room = max(1, pacing.burst)
        for (cap, _) in self.caps { room = min(room, cap.room(at: now, after: self.ledger.all)) }
        if let restAfter = pacing.restAfter { room = min(room, max(1, restAfter - self.pace.run)) }
        return room
    }
}
