public import Foundation
import SpoolCore

/// When one device may send: its random gap, rest and sliding caps, as a value.
///
/// State, now and chance come in; an admission, or a time and its reason, comes out. The ledger is what survives a
/// restart; the gap after the last send is drawn anew then.
public struct DevicePacing: Equatable, Sendable {
    public var policy: PacingPolicy
    private var ledger: SendLedger
    private var gapEnds: Date?
    private var restEnds: Date?
    private var run: Int
    /// Times `policy.rest`.
    private static let restRange = 0.8...1.2

    /// - Parameter sends: The device's sends of the last 24 hours.
    public init(
        policy: PacingPolicy, sends: [Date], using generator: inout some RandomNumberGenerator
    ) {
        self.policy = policy
        self.ledger = SendLedger(sends)
        self.run = 0
        guard let last = self.ledger.last else { return }
        self.run = self.ledger.runLength(withoutPauseOf: policy.rest.seconds, upTo: policy.restAfter ?? 0)
        self.pause(after: last, using: &generator)
    }

    /// Whether the device may send at `now`, and how many.
    public func admission(at now: Date) -> Admission {
        if let restEnds = self.restEnds, restEnds > now { return .wait(until: restEnds, .rest) }
        if let gapEnds = self.gapEnds, gapEnds > now { return .wait(until: gapEnds, .delay) }
        for (cap, reason) in self.caps where cap.room(at: now, after: self.ledger) == 0 {
            return .wait(until: cap.nextRoom(at: now, after: self.ledger), reason)
        }
        return .now(upTo: self.room(at: now))
    }

    /// Counts one message that was handed to the connection at `start`; the send ended at `end`.
    public mutating func record(
        start: Date, end: Date, using generator: inout some RandomNumberGenerator
    ) {
        if let last = self.ledger.last, start.timeIntervalSince(last) >= self.policy.rest.seconds { self.run = 0 }
        self.ledger.record(start)
        self.run += 1
        self.pause(after: end, using: &generator)
    }

    /// Forgets what a clock that was ahead has left behind: sends later than `now` count as made now, and no pause that
    /// lasts is longer than the longest one that begins now.
    public mutating func correct(at now: Date) {
        self.ledger.correct(at: now)
        let longestDelay = max(self.policy.minimumDelay, self.policy.maximumDelay).seconds
        self.gapEnds = self.gapEnds.map { min($0, now.addingTimeInterval(longestDelay)) }
        let longestRest = self.policy.rest.seconds * Self.restRange.upperBound
        self.restEnds = self.restEnds.map { min($0, now.addingTimeInterval(longestRest)) }
    }

    /// The earliest moment the device may send, `now` itself when it may.
    public func nextSend(at now: Date) -> Date {
        switch self.admission(at: now) {
        case .now: now
        case .wait(let until, _): until
        }
    }

    /// How many messages were sent in the last hour and the last day.
    public func used(at now: Date) -> (hour: Int, day: Int) {
        (
            self.ledger.count(after: now.addingTimeInterval(-3600)),
            self.ledger.count(after: now.addingTimeInterval(-24 * 3600))
        )
    }

    /// When the gap after the last send ends, `nil` before the first.
    var gapEnd: Date? { self.gapEnds }

    private var caps: [(SendingCap, WaitReason)] {
        var caps: [(SendingCap, WaitReason)] = []
        if let daily = self.policy.daily {
            caps.append((SendingCap(limit: daily, window: 24 * 3600), .dailyCap(daily)))
        }
        if let hourly = self.policy.hourly {
            caps.append((SendingCap(limit: hourly, window: 3600), .hourlyCap(hourly)))
        }
        return caps
    }

    private func room(at now: Date) -> Int {
        guard self.policy.maximumDelay == .zero else { return 1 }
        var room = max(1, self.policy.burst)
        for (cap, _) in self.caps { room = min(room, cap.room(at: now, after: self.ledger)) }
        if let restAfter = self.policy.restAfter { room = min(room, max(1, restAfter - self.run)) }
        return room
    }

    private mutating func pause(after end: Date, using generator: inout some RandomNumberGenerator) {
        let low = self.policy.minimumDelay.seconds
        let high = max(low, self.policy.maximumDelay.seconds)
        self.gapEnds = end.addingTimeInterval(generator.uniform(in: low...high))
        guard let restAfter = self.policy.restAfter, self.run >= restAfter else { return }
        self.restEnds = end.addingTimeInterval(self.policy.rest.seconds * generator.uniform(in: Self.restRange))
        self.run = 0
    }
}
