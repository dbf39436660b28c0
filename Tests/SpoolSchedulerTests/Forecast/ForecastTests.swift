import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private let zones = RecipientZones(fallback: .gmt)

private func devices(_ count: Int, _ policy: SchedulerPolicy) -> [Forecast.Device] {
    (0..<count).map { Forecast.Device(id: DeviceID(rawValue: "dev\($0)"), state: state(policy)) }
}

private func batch(_ number: Int64) -> BatchID { BatchID(rawValue: number) }

private func line(
    _ number: Int64, _ count: Int, user: Int64 = 1, _ priority: Priority = .normal, _ lane: Lane = .known,
    owner: String? = nil, notBefore: Date? = nil, zones: RecipientZones.Key? = nil
) -> QueueLine {
    QueueLine(
        batch: batch(number), user: user, priority: priority, lane: lane, owner: owner.map(DeviceID.init(rawValue:)),
        notBefore: notBefore, count: count, zones: zones)
}

/// Ten seconds between messages, and nothing else.
private let tenSeconds = SchedulerPolicy.free {
    $0.pacing.minimumDelay = .seconds(10)
    $0.pacing.maximumDelay = .seconds(10)
}

@Suite struct ForecastTests {
    private func forecast(
        _ devices: [Forecast.Device], _ lines: [QueueLine], course: Forecast.Course = .usual, planned: BatchID? = nil,
        mostWalked: Int = 2000
    ) -> Forecast {
        Forecast(
            devices: devices, lines: lines, zones: zones, now: start, course: course, planned: planned,
            mostWalked: mostWalked)
    }

    @Test func `a device sends one message after the other`() {
        let forecast = self.forecast(devices(1, tenSeconds), [line(1, 11)])
        #expect(forecast.completion(of: batch(1)) == start + 100)
        #expect(forecast.beginning(of: batch(1)) == start)
        #expect(forecast.time(ofMessage: 3, inLine: 0) == start + 30)
        #expect(forecast.time(ofMessage: 11, inLine: 0) == nil)
        #expect(forecast.completion(of: batch(2)) == nil)
    }

    @Test func `what any device may send is shared, what one owns is not`() {
        let lines = [line(1, 20), line(2, 20, owner: "dev0")]
        let forecast = self.forecast(devices(2, tenSeconds), lines)
        #expect(forecast.completion(of: batch(2)) == start + 190 || forecast.completion(of: batch(2)) == start + 200)
        #expect(forecast.completion.map { $0.timeIntervalSince(start) <= 200 } == true)
    }

    @Test func `a message for a device that takes no part never leaves`() {
        let forecast = self.forecast(devices(1, tenSeconds), [line(1, 5), line(2, 5, owner: "gone")])
        #expect(forecast.completion(of: batch(1)) == start + 40)
        #expect(forecast.completion(of: batch(2)) == nil)
        #expect(forecast.completion == nil)
        #expect(forecast.neverSent(of: batch(2)) == 5)
    }

    @Test func `users and batches take turns`() {
        let lines = [line(1, 1000, user: 1), line(2, 1, user: 2), line(3, 10, user: 1)]
        let forecast = self.forecast(devices(1, tenSeconds), lines)
        #expect(forecast.completion(of: batch(2)).map { $0.timeIntervalSince(start) <= 20 } == true)
        #expect(forecast.completion(of: batch(3)).map { $0.timeIntervalSince(start) <= 220 } == true)
    }

    @Test func `high goes before low, and low does not starve`() {
        let lines = [line(1, 160, .low), line(2, 160, .high)]
        let forecast = self.forecast(devices(1, tenSeconds), lines)
        #expect(forecast.completion(of: batch(2)).map { (1600...1720).contains($0.timeIntervalSince(start)) } == true)
        #expect(forecast.time(ofMessage: 0, inLine: 0).map { $0.timeIntervalSince(start) <= 200 } == true)
        #expect(forecast.completion == start + 3190)
    }

    @Test func `nothing leaves before its time`() {
        let forecast = self.forecast(devices(1, tenSeconds), [line(1, 3, notBefore: start + hour)])
        #expect(forecast.beginning(of: batch(1)) == start + hour)
        #expect(forecast.completion(of: batch(1)) == start + hour + 20)
    }

    @Test func `strangers of a new device take the days of its warm-up, others do not wait for them`() {
        let policy = SchedulerPolicy.free { $0.warmUp = true }
        let lines = [line(1, 21, .normal, .cold), line(2, 500)]
        let forecast = self.forecast(devices(1, policy), lines)
        #expect(forecast.completion(of: batch(2)) == start)
        #expect(forecast.completion(of: batch(1)) == start + day)
    }

    @Test func `a stopped device and a lock are waited for, a person is not`() {
        var device = devices(1, tenSeconds)
        _ = device[0].state.react(to: .signal(.temporaryBan(code: 101, until: start + hour)), at: start)
        #expect(self.forecast(device, [line(1, 1)]).completion == start + hour)
        device[0].state.pause(reason: nil, at: start)
        #expect(self.forecast(device, [line(1, 1)]).completion == nil)
        var locked = devices(1, tenSeconds)
        _ = locked[0].state.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start)
        let forecast = self.forecast(locked, [line(1, 1, .normal, .cold), line(2, 1)])
        #expect(forecast.completion(of: batch(1)) == start + hour + 10)
        #expect(forecast.completion(of: batch(2)) == start)
    }

    @Test func `quiet hours are waited out`() throws {
        let policy = SchedulerPolicy.free { $0.quietHours = QuietHours() }
        let now = try utc("2026-01-14T20:00:00Z")
        let forecast = Forecast(
            devices: devices(1, policy),
            lines: [line(1, 1, zones: .code(92)), line(2, 1), line(3, 1, zones: .code(44))], zones: zones, now: now)
        #expect(forecast.completion(of: batch(1)) == (try utc("2026-01-15T03:00:00Z")))
        #expect(forecast.completion(of: batch(2)) == now)
        #expect(forecast.completion(of: batch(3)) == now)
    }

    @Test func `typing takes time of its own only as far as the gap does not hold it`() {
        var policy = tenSeconds
        policy.humanSimulation = true
        let short = self.forecast(devices(1, policy), [line(1, 11)]).completion
        #expect(short == start + 10 + 100)
        var text = line(1, 11)
        text.characters = 1000
        #expect(self.forecast(devices(1, policy), [text]).completion == start + 11 * 12)
    }

    @Test func `the early course is before the usual one, and the late one behind`() throws {
        let lines = [line(1, 200)]
        let moments = try [Forecast.Course.early, .usual, .late].map {
            try #require(self.forecast(devices(1, SchedulerPolicy()), lines, course: $0).completion)
        }
        #expect(moments[0] < moments[1] && moments[1] < moments[2])
    }

    @Test func `the days of a planned batch add up to it`() throws {
        let policy = SchedulerPolicy.free {
            $0.pacing.daily = 100
            $0.warmUp = true
        }
        let lines = [line(1, 150, .normal, .cold), line(2, 230), line(3, 40, user: 9)]
        let forecast = self.forecast(devices(1, policy), lines, planned: batch(1))
        #expect(forecast.days.map(\.count).reduce(0, +) == 150)
        #expect(forecast.days.allSatisfy { $0.lane == .cold && $0.device.rawValue == "dev0" })
        #expect(
            forecast.days.first
                == Forecast.Day(
                    device: DeviceID(rawValue: "dev0"), lane: .cold, date: CivilDate(year: 2023, month: 11, day: 14),
                    count: 20))
        #expect(forecast.days.count > 2)
    }

    // MARK: Long queues

    @Test func `millions of messages take as long as the caps say`() throws {
        let policy = SchedulerPolicy.free { $0.pacing.daily = 1000 }
        let forecast = self.forecast(devices(50, policy), [line(1, 1_500_000), line(2, 1_500_000, user: 2)])
        let days = try #require(forecast.completion).timeIntervalSince(start) / day
        #expect((58...61).contains(days))
        #expect(
            forecast.time(ofMessage: 750_000, inLine: 0).map { (28...32).contains($0.timeIntervalSince(start) / day) }
                == true)
    }

    @Test func `a long planned batch is told by day, whole`() {
        let policy = SchedulerPolicy.free { $0.pacing.daily = 1000 }
        let forecast = self.forecast(devices(2, policy), [line(1, 100_000)], planned: batch(1))
        #expect(abs(forecast.days.map(\.count).reduce(0, +) - 100_000) <= 2)
        #expect((48...52).contains(Set(forecast.days.map(\.date.daysSince1970)).count))
    }

    @Test func `a long queue of strangers warms up on the way`() throws {
        let policy = SchedulerPolicy.free {
            $0.pacing.daily = 1000
            $0.warmUp = true
        }
        let forecast = self.forecast(devices(1, policy), [line(1, 100_000, .normal, .cold)])
        let days = try #require(forecast.completion).timeIntervalSince(start) / day
        // 1,506 in the first week, then a thousand a day.
        #expect((103...108).contains(days))
    }

    @Test func `without any limit all leaves at once`() {
        let forecast = self.forecast(devices(1, .free()), [line(1, 200_000)])
        #expect(forecast.completion.map { $0.timeIntervalSince(start) < 1 } == true)
    }

    @Test func `an empty queue has no end, and no device sends nothing`() {
        #expect(self.forecast(devices(1, tenSeconds), []).completion == nil)
        #expect(self.forecast([], [line(1, 1)]).completion == nil)
    }

    @Test func `what flows at a steady pace ends when the walk would`() throws {
        var policy = SchedulerPolicy()
        policy.warmUp = true
        let lines = (Int64(1)...8).map { number in
            line(
                number, 700 * Int(number), user: number % 3, Priority.allCases[Int(number % 3)],
                number % 4 == 0 ? .cold : .known, owner: number % 2 == 0 ? "dev0" : nil)
        }
        let walked = self.forecast(devices(2, policy), lines, mostWalked: 100_000)
        let flowed = self.forecast(devices(2, policy), lines, mostWalked: 500)
        for number in Int64(1)...8 {
            let exact = try #require(walked.completion(of: batch(number))).timeIntervalSince(start)
            let steady = try #require(flowed.completion(of: batch(number))).timeIntervalSince(start)
            #expect(abs(steady / exact - 1) < 0.1, "batch \(number): \(exact / day) and \(steady / day) days")
        }
    }

    // MARK: Against what then happens

    @Test(arguments: UInt64(1)...6)
    func `what is foreseen comes true within a tenth`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var policy = SchedulerPolicy()
        policy.warmUp = seed % 2 == 0
        let all = devices(Int.random(in: 1...3, using: &generator), policy)
        let lines = (Int64(1)...12).map { number in
            line(
                number, Int.random(in: 20...400, using: &generator), user: number % 4,
                Priority.allCases.randomElement(using: &generator) ?? .normal,
                policy.warmUp ? .known : Lane.allCases.randomElement(using: &generator) ?? .known,
                owner: Bool.random(using: &generator) ? "dev0" : nil,
                notBefore: Bool.random(using: &generator)
                    ? start + Double.random(in: 0...5, using: &generator) * hour : nil)
        }
        let forecast = self.forecast(all, lines, mostWalked: 30_000)
        var run = RandomRun(all, lines, now: start, seed: seed &+ 100)
        run.run()
        var errors: [Double] = []
        for (batch, finishedAt) in run.finished {
            let foreseen = try #require(forecast.completion(of: batch)).timeIntervalSince(start)
            errors.append(abs(foreseen - finishedAt.timeIntervalSince(start)) / finishedAt.timeIntervalSince(start))
        }
        #expect(errors.count == 12)
        let median = errors.sorted()[errors.count / 2]
        #expect(median < 0.1, "seed \(seed): \(errors.sorted())")
    }
}
