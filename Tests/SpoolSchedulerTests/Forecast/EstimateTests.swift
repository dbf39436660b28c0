import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct EstimateTests {
    private func estimate(_ policy: PacingPolicy, devices: Int = 1) -> Estimate {
        var generator = SeededGenerator(seed: 1)
        return Estimate(
            devices: (0..<devices).map { _ in
                DeviceState(policy: SchedulerPolicy(pacing: policy), sends: [], newUsing: &generator)
            })
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
        #expect(abs(two * 2 - one) < one / 50)
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
        #expect(Forecast.phrase(from: low, to: high) == phrase)
    }
}
