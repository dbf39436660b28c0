import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct PaceTests {
    private func pacing(_ policy: PacingPolicy, sends: [Date] = [], seed: UInt64 = 1) -> DeviceState {
        state(SchedulerPolicy(pacing: policy), sends: sends.map { Send(at: $0, lane: .known) }, seed: seed)
    }

    @Test func `a device that never sent may send at once, one message`() {
        #expect(self.pacing(PacingPolicy()).admission(at: start) == .all(upTo: 1))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func `the gap after a send is within its bounds and starts at its end`(seed: UInt64) throws {
        var pacing = self.pacing(PacingPolicy(restAfter: nil))
        var generator = SeededGenerator(seed: seed)
        let end = start.addingTimeInterval(3)
        pacing.record(lane: .known, start: start, end: end, using: &generator)
        guard case .wait(let until, .delay) = pacing.admission(at: end) else {
            Issue.record("no wait after a send")
            return
        }
        #expect((5...20).contains(until.timeIntervalSince(end)))
        #expect(pacing.admission(at: until) == .all(upTo: 1))
        #expect(pacing.admission(at: until.addingTimeInterval(-0.001)) == .wait(until: until, .delay))
    }

    @Test func `gaps of different draws differ`() {
        let ends = (UInt64(1)...20).map { seed in
            var pacing = self.pacing(PacingPolicy(restAfter: nil))
            var generator = SeededGenerator(seed: seed)
            pacing.record(lane: .known, start: start, end: start, using: &generator)
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
            case .now(_, let most):
                #expect(most >= 1)
                let count = Int.random(in: 1...most, using: &generator)
                for _ in 0..<count {
                    pacing.record(lane: .known, start: now, end: now, using: &generator)
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
        #expect(pacing.admission(at: start.addingTimeInterval(600)) == .all(upTo: 1))
        #expect(pacing.used(at: start) == (hour: 3, day: 3))
    }

    @Test func `after a run of messages the device rests, and an idle time as long counts as one`() {
        let policy = PacingPolicy(
            minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: 3, rest: .seconds(300))
        var pacing = self.pacing(policy)
        var generator = SeededGenerator(seed: 4)
        #expect(pacing.admission(at: start) == .all(upTo: 3))
        for _ in 0..<2 { pacing.record(lane: .known, start: start, end: start, using: &generator) }
        #expect(pacing.admission(at: start) == .all(upTo: 1))
        let later = start.addingTimeInterval(300)
        for _ in 0..<3 { pacing.record(lane: .known, start: later, end: later, using: &generator) }
        guard case .wait(let until, .rest(after: 3)) = pacing.admission(at: later) else {
            Issue.record("no rest after three messages")
            return
        }
        #expect((240...360).contains(until.timeIntervalSince(later)))
    }

    @Test func `a restart in the middle of a run goes on counting it`() {
        let policy = PacingPolicy(
            minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: 3, rest: .seconds(300))
        let pacing = self.pacing(policy, sends: [start.addingTimeInterval(-20), start.addingTimeInterval(-10)])
        #expect(pacing.admission(at: start) == .all(upTo: 1))
    }

    // MARK: A clock that was ahead

    private static let yearAhead = start.addingTimeInterval(365 * 86400)

    @Test func `sends of the future count as made now, and hold nothing up longer than a pause lasts`() throws {
        let policy = PacingPolicy(hourly: 5, daily: nil, restAfter: 3, rest: .seconds(300))
        var pacing = self.pacing(policy, sends: Array(repeating: Self.yearAhead, count: 3))
        #expect(pacing.nextSend(at: start) > Self.yearAhead)
        pacing.correct(at: start)
        guard case .wait(let until, .rest(after: 3)) = pacing.admission(at: start) else {
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
        for _ in 0..<2 { pacing.record(lane: .known, start: Self.yearAhead, end: Self.yearAhead, using: &generator) }
        pacing.correct(at: start)
        let gap = pacing.obstacles(of: .known, at: start).first { $0.reason == .delay }
        #expect(gap.map { (5...20).contains($0.until.timeIntervalSince(start)) } == true)
        let rested = start.addingTimeInterval(20)
        #expect(pacing.admission(at: rested) == .wait(until: start.addingTimeInterval(3600), .hourlyCap(2)))
    }

    @Test func `a clock that was right is left alone`() {
        var pacing = self.pacing(PacingPolicy(restAfter: nil))
        var generator = SeededGenerator(seed: 3)
        pacing.record(lane: .known, start: start, end: start, using: &generator)
        let before = pacing
        pacing.correct(at: start)
        #expect(pacing == before)
    }

    @Test func `without any limit a burst shares one commit`() {
        let policy = PacingPolicy(minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: nil)
        #expect(self.pacing(policy).admission(at: start) == .all(upTo: 128))
    }
}
