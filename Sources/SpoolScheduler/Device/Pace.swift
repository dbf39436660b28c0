import Foundation
import SpoolCore

/// The pauses of one device: its random gap, its rest and the spreading of a long backlog. Drawn anew after a restart.
struct Pace: Equatable, Sendable {
    private var gapEnds: Date?
    private var restEnds: Date?
    private var lastEnd: Date?
    /// Times the even share of a window, for the gap that spreading asks for.
    private var spread = 1.0
    /// Messages since the last rest.
    private(set) var run = 0
    private var ramp: ReconnectRamp?

    /// Times `PacingPolicy.rest`.
    private static let restRange = 0.8...1.2
    private static let spreadRange = 0.7...1.3

    init(policy: PacingPolicy, sends: SendTimes, using generator: inout some RandomNumberGenerator) {
        guard let last = sends.last else { return }
        self.run = sends.runLength(withoutPauseOf: policy.rest.seconds, upTo: policy.restAfter ?? 0)
        self.pause(after: last, policy, using: &generator)
    }

    // MARK: Asking

    func gap(at now: Date) -> Closure? {
        guard let gapEnds = self.gapEnds, gapEnds > now else { return nil }
        return Closure(until: gapEnds, self.ramp == nil ? .delay : .reconnected)
    }

    func rest(at now: Date, _ policy: PacingPolicy) -> Closure? {
        guard let restAfter = policy.restAfter, let restEnds = self.restEnds, restEnds > now else { return nil }
        return Closure(until: restEnds, .rest(after: restAfter))
    }

    /// The gap that makes `cap` last for its whole window, when there is more to send than it has room for.
    func spreading(_ cap: SendingCap, over window: WaitReason.Window, at now: Date) -> Closure? {
        guard cap.limit > 0, let lastEnd = self.lastEnd else { return nil }
        let until = lastEnd.addingTimeInterval(cap.window / Double(cap.limit) * self.spread)
        return until > now ? Closure(until: until, .spreading(cap: cap.limit, window: window)) : nil
    }

    // MARK: What happened

    /// - Parameter last: The device's send before this one.
    mutating func record(
        start: Date, end: Date, after last: Date?, _ policy: PacingPolicy,
        using generator: inout some RandomNumberGenerator
    ) {
        if let last, start.timeIntervalSince(last) >= policy.rest.seconds { self.run = 0 }
        self.run += 1
        self.pause(after: end, policy, using: &generator)
    }

    /// The connection is back and what was missed has been handed over.
    mutating func reconnected(
        at now: Date, ramp length: Duration, _ policy: PacingPolicy, using generator: inout some RandomNumberGenerator
    ) {
        let ramp = length > .zero ? ReconnectRamp(since: now, length: length.seconds) : nil
        self.ramp = ramp
        let gap = generator.uniform(in: policy.gap)
        let end = ramp?.end(ofPause: gap, from: now) ?? now.addingTimeInterval(gap)
        self.gapEnds = max(self.gapEnds ?? end, end)
    }

    /// No pause that lasts is longer than the longest one that begins now.
    mutating func correct(at now: Date, _ policy: PacingPolicy) {
        self.gapEnds = self.gapEnds.map { min($0, now.addingTimeInterval(policy.gap.upperBound)) }
        let longestRest = policy.rest.seconds * Self.restRange.upperBound
        self.restEnds = self.restEnds.map { min($0, now.addingTimeInterval(longestRest)) }
        self.lastEnd = self.lastEnd.map { min($0, now) }
        if let ramp = self.ramp, ramp.since > now { self.ramp = nil }
    }

    private mutating func pause(
        after end: Date, _ policy: PacingPolicy, using generator: inout some RandomNumberGenerator
    ) {
        self.lastEnd = end
        if let ramp = self.ramp, ramp.since.addingTimeInterval(ramp.length) <= end { self.ramp = nil }
        let gap = generator.uniform(in: policy.gap)
        self.gapEnds = self.ramp?.end(ofPause: gap, from: end) ?? end.addingTimeInterval(gap)
        self.spread = generator.uniform(in: Self.spreadRange)
        guard let restAfter = policy.restAfter, self.run >= restAfter else { return }
        self.restEnds = end.addingTimeInterval(policy.rest.seconds * generator.uniform(in: Self.restRange))
        self.run = 0
    }
}
