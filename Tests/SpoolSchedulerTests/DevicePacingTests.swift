import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private let start = Date(timeIntervalSince1970: 1_700_000_000)

@Suite struct DevicePacingTests {
    private func pacing(_ policy: PacingPolicy, sends: [Date] = [], seed: UInt64 = 1) -> DevicePacing {
        var generator = SeededGenerator(seed: seed)
        return DevicePacing(policy: policy, sends: sends, using: &generator)
    }

    @Test func `a device that never sent may send at once, one message`() {
        #expect(self.pacing(PacingPolicy()).admission(at: start) == .now(upTo: 1))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func `the gap after a send is within its bounds and starts at its end`(seed: UInt64) throws {
        var pacing = self.pacing(PacingPolicy(restAfter: nil))
        var generator = SeededGenerator(seed: seed)
        let end = start.addingTimeInterval(3)
        pacing.record(start: start, end: end, using: &generator)
        guard case .wait(let until, .delay) = pacing.admission(at: end) else {
            Issue.record("no wait after a send")
            return
        }
        #expect((5...20).contains(until.timeIntervalSince(end)))
        #expect(pacing.admission(at: until) == .now(upTo: 1))
        #expect(pacing.admission(at: until.addingTimeInterval(-0.001)) == .wait(until: until, .delay))
    }

    @Test func `gaps of different draws differ`() {
        let ends = (UInt64(1)...20).map { seed in
            var pacing = self.pacing(PacingPolicy(restAfter: nil))
            var generator = SeededGenerator(seed: seed)
            pacing.record(start: start, end: start, using: &generator)
            return pacing.nextSend(at: start)
        }
        #expect(Set(ends).count > 10)
    }

    @Test(arguments: [(3600.0, WaitReason.hourlyCap(10)), (86400.0, .dailyCap(10))])
    func `no window ever holds more than its cap`(window: TimeInterval, reason: WaitReason) {
        let policy =
            reason == .hourlyCap(10)
            ? PacingPolicy(minimumDelay: .zero, maximumDelay: .zero, hourly: 10, daily: nil, restAfter: nil)
            : PacingPolicy(minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: 10, restAfter: nil)
        var pacing = self.pacing(policy)
        var generator = SeededGenerator(seed: 9)
        var now = start
        var sends: [Date] = []
        var waits: [WaitReason] = []
        while sends.count < 200 {
            switch pacing.admission(at: now) {
            case .now(let most):
                #expect(most >= 1)
                let count = Int.random(in: 1...most, using: &generator)
                for _ in 0..<count {
                    pacing.record(start: now, end: now, using: &generator)
                    sends.append(now)
                }
                now += Double.random(in: 0...window / 15, using: &generator)
            case .wait(let until, let why):
                #expect(until > now)
                waits.append(why)
                now = until
            }
        }
        for send in sends {
            #expect(sends.count { $0 > send.addingTimeInterval(-window) && $0 <= send } <= 10)
        }
        #expect(!waits.isEmpty)
        #expect(waits.allSatisfy { $0 == reason })
    }

    @Test func `sends before a restart count against the caps`() {
        let policy = PacingPolicy(minimumDelay: .zero, maximumDelay: .zero, hourly: 3, daily: nil, restAfter: nil)
        let sends = [-3000.0, -2000, -1000].map { start.addingTimeInterval($0) }
        let pacing = self.pacing(policy, sends: sends)
        #expect(pacing.admission(at: start) == .wait(until: start.addingTimeInterval(600), .hourlyCap(3)))
        #expect(pacing.admission(at: start.addingTimeInterval(600)) == .now(upTo: 1))
        #expect(pacing.used(at: start) == (hour: 3, day: 3))
    }

    @Test func `after a run of messages the device rests, and an idle time as long counts as one`() {
        let policy = PacingPolicy(
            minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: 3, rest: .seconds(300))
        var pacing = self.pacing(policy)
        var generator = SeededGenerator(seed: 4)
        #expect(pacing.admission(at: start) == .now(upTo: 3))
        for _ in 0..<2 { pacing.record(start: start, end: start, using: &generator) }
        #expect(pacing.admission(at: start) == .now(upTo: 1))
        let later = start.addingTimeInterval(300)
        for _ in 0..<3 { pacing.record(start: later, end: later, using: &generator) }
        guard case .wait(let until, .rest) = pacing.admission(at: later) else {
            Issue.record("no rest after three messages")
            return
        }
        #expect((240...360).contains(until.timeIntervalSince(later)))
    }

    @Test func `a restart in the middle of a run goes on counting it`() {
        let policy = PacingPolicy(
            minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: 3, rest: .seconds(300))
        let pacing = self.pacing(policy, sends: [start.addingTimeInterval(-20), start.addingTimeInterval(-10)])
        #expect(pacing.admission(at: start) == .now(upTo: 1))
    }

    // MARK: A clock that was ahead

    private static let yearAhead = start.addingTimeInterval(365 * 86400)

    @Test func `sends of the future count as made now, and hold nothing up longer than a pause lasts`() throws {
        let policy = PacingPolicy(hourly: 5, daily: nil, restAfter: 3, rest: .seconds(300))
        var pacing = self.pacing(policy, sends: Array(repeating: Self.yearAhead, count: 3))
        #expect(pacing.nextSend(at: start) > Self.yearAhead)
        pacing.correct(at: start)
        guard case .wait(let until, .rest) = pacing.admission(at: start) else {
            Issue.record("no rest after three messages")
            return
        }
        #expect(until.timeIntervalSince(start) <= 360)
        #expect(pacing.used(at: start) == (hour: 3, day: 3))
        #expect(pacing.used(at: start.addingTimeInterval(3600)) == (hour: 0, day: 3))
    }

    @Test func `a clock that is set back while a device sends does not stop it`() {
        var pacing = self.pacing(PacingPolicy(hourly: 2, daily: nil, restAfter: nil))
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2 { pacing.record(start: Self.yearAhead, end: Self.yearAhead, using: &generator) }
        pacing.correct(at: start)
        #expect((5...20).contains(pacing.nextSend(at: start).timeIntervalSince(start)))
        let rested = start.addingTimeInterval(20)
        #expect(pacing.admission(at: rested) == .wait(until: start.addingTimeInterval(3600), .hourlyCap(2)))
    }

    @Test func `a clock that was right is left alone`() {
        var pacing = self.pacing(PacingPolicy(restAfter: nil))
        var generator = SeededGenerator(seed: 3)
        pacing.record(start: start, end: start, using: &generator)
        let before = pacing
        pacing.correct(at: start)
        #expect(pacing == before)
    }

    @Test func `without any limit a burst shares one commit`() {
        let policy = PacingPolicy(minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: nil)
        #expect(self.pacing(policy).admission(at: start) == .now(upTo: 128))
    }
}

@Suite struct BackOffTests {
    @Test(
        arguments: [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (60, 4000), (.max, 4000)]
            as [(Int, TimeInterval)])
    func `delays double up to the longest, a tenth later at most`(attempts: Int, seconds: TimeInterval) throws {
        var generator = SeededGenerator(seed: 3)
        let next = BackOff().nextAttempt(after: attempts, firstAttemptAt: start, now: start, using: &generator)
        let delay = try #require(next).timeIntervalSince(start)
        #expect((seconds...seconds * 1.1).contains(delay))
    }

    @Test func `nothing is tried later than the age at which it is given up`() {
        var generator = SeededGenerator(seed: 3)
        let first = start.addingTimeInterval(-86400 + 310)
        #expect(BackOff().nextAttempt(after: 2, firstAttemptAt: first, now: start, using: &generator) == nil)
        let forever = BackOff(giveUpAfter: nil)
        #expect(forever.nextAttempt(after: 2, firstAttemptAt: first, now: start, using: &generator) != nil)
    }
}

@Suite struct EstimateTests {
    private func estimate(_ policy: PacingPolicy, devices: Int = 1) -> Estimate {
        var generator = SeededGenerator(seed: 1)
        return Estimate(
            devices: (0..<devices).map { _ in DevicePacing(policy: policy, sends: [], using: &generator) })
    }

    @Test func `the first message of an idle device takes its gap`() {
        #expect(self.estimate(PacingPolicy()).phrase(ahead: 0, now: start) == "5-20 seconds")
    }

    @Test func `caps stretch a long queue`() throws {
        let policy = PacingPolicy(hourly: 100, daily: 1000, restAfter: nil)
        let end = try #require(self.estimate(policy).completion(of: 250, now: start))
        #expect((7200...9000).contains(end.timeIntervalSince(start)))
        let days = try #require(self.estimate(policy).completion(of: 10_000, now: start))
        #expect((8.5 * 86400...10.5 * 86400).contains(days.timeIntervalSince(start)))
    }

    @Test func `two devices halve the time`() throws {
        let policy = PacingPolicy(restAfter: nil)
        let one = try #require(self.estimate(policy).completion(of: 80, now: start)).timeIntervalSince(start)
        let two = try #require(self.estimate(policy, devices: 2).completion(of: 80, now: start)).timeIntervalSince(
            start)
        #expect(abs(two * 2 - one) < 1)
    }

    @Test func `nobody knows without a device`() {
        #expect(self.estimate(PacingPolicy(), devices: 0).completion(of: 1, now: start) == nil)
    }

    @Test func `a cap of nothing never ends`() {
        let policy = PacingPolicy(hourly: 0)
        #expect(self.estimate(policy).completion(of: 1, now: start) == .distantFuture)
    }

    @Test(
        arguments: [
            (0, 0, "0-1 seconds"), (5, 20, "5-20 seconds"), (100, 400, "1-7 minutes"), (3600, 7300, "1-3 hours"),
            (100_000, 200_000, "1-3 days"),
        ] as [(TimeInterval, TimeInterval, String)])
    func `phrases name a range in the unit of its end`(low: TimeInterval, high: TimeInterval, phrase: String) {
        #expect(Estimate.phrase(from: low, to: high) == phrase)
    }
}
