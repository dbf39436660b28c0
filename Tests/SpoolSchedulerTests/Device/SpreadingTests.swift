import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct SpreadingTests {
    private func policy(hourly: Int? = nil, daily: Int? = nil) -> SchedulerPolicy {
        .free {
            $0.spreading = true
            $0.pacing.hourly = hourly
            $0.pacing.daily = daily
        }
    }

    @Test(
        arguments: [
            (100, nil, Backlog(hour: 100, day: 100), 36.0, WaitReason.spreading(cap: 100, window: .hour)),
            (nil, 1000, Backlog(hour: 0, day: 1000), 86.4, .spreading(cap: 1000, window: .day)),
            (100, 1000, Backlog(hour: 1000, day: 1000), 86.4, .spreading(cap: 1000, window: .day)),
        ] as [(Int?, Int?, Backlog, TimeInterval, WaitReason)])
    func `a backlog larger than a window's room gets the even share of the window`(
        hourly: Int?, daily: Int?, backlog: Backlog, share: TimeInterval, reason: WaitReason
    ) {
        for seed in UInt64(1)...20 {
            var device = state(self.policy(hourly: hourly, daily: daily))
            device.send(at: start, seed: seed)
            guard case .wait(let until, reason) = device.admission(at: start, backlog: backlog) else {
                Issue.record("no spreading, seed \(seed)")
                return
            }
            #expect((share * 0.7...share * 1.3).contains(until.timeIntervalSince(start)))
        }
    }

    @Test func `a backlog that fits into the room leaves at once`() {
        var device = state(self.policy(hourly: 100))
        device.send(at: start)
        #expect(device.admission(at: start, backlog: Backlog(hour: 99, day: 99)) == .all(upTo: 99))
        #expect(!device.admission(at: start, backlog: Backlog(hour: 100, day: 100)).isNow)
    }

    @Test func `what is due only later does not spread the hour`() {
        var device = state(self.policy(hourly: 100))
        device.send(at: start)
        #expect(device.admission(at: start, backlog: Backlog(hour: 10, day: 5000)).isNow)
    }

    @Test func `spreading can be switched off`() {
        var policy = self.policy(hourly: 100)
        policy.spreading = false
        var device = state(policy)
        device.send(at: start)
        #expect(device.admission(at: start, backlog: Backlog(hour: 5000, day: 5000)).isNow)
    }

    @Test func `a spread hour is used to its end`() {
        var device = state(self.policy(hourly: 100))
        var generator = SeededGenerator(seed: 5)
        var now = start
        var sends: [Date] = []
        while now < start + hour {
            switch device.admission(at: now, backlog: Backlog(hour: 500, day: 500)) {
            case .now:
                device.record(lane: .known, start: now, end: now, using: &generator)
                sends.append(now)
            case .wait(let until, _): now = until
            }
        }
        #expect((90...100).contains(sends.count))
        #expect(sends.count { $0 < start + hour / 2 } < 60)
    }

    @Test func `a device's backlog is its own and its share of the rest, rounded up`() {
        let backlog = Backlog(own: Backlog(hour: 3, day: 7), shared: Backlog(hour: 10, day: 11), devices: 4)
        #expect(backlog == Backlog(hour: 6, day: 10))
    }
}
