import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private let person = Recipient.phone("923001234567")

@Suite struct HumanPlanTests {
    private func plan(
        _ characters: Int, isVoice: Bool = false, gap: Duration = .zero, seed: UInt64 = 1
    ) -> HumanPlan {
        var generator = SeededGenerator(seed: seed)
        return HumanPlan(to: person, characters: characters, isVoice: isVoice, gap: gap, using: &generator)
    }

    @Test func `online, typing, paused, the message, offline: in this order`() {
        #expect(
            self.plan(30).steps.map(\.act) == [
                .show(.available), .show(.composing(person)), .show(.paused(person)), .send, .show(.unavailable),
            ])
    }

    @Test func `a voice note is recorded`() {
        #expect(
            self.plan(0, isVoice: true).steps.map(\.act) == [
                .show(.available), .show(.recording(person)), .show(.paused(person)), .send, .show(.unavailable),
            ])
    }

    /// Characters, and the shortest and longest time of typing.
    @Test(arguments: [
        (0, 1.5, 1.5), (6, 1.5, 1.5), (30, 4.1, 6.3), (60, 8.3, 12), (1000, 12, 12), (.max, 12, 12), (-1, 1.5, 1.5),
    ])
    func `typing grows with the text within its bounds`(characters: Int, least: Double, most: Double) throws {
        var lengths: Set<Double> = []
        for seed in UInt64(1)...20 {
            let steps = self.plan(characters, seed: seed).steps
            let paused = try #require(steps.first { $0.act == .show(.paused(person)) })
            #expect((least...most).contains(paused.after.seconds))
            let pause = self.plan(characters, seed: seed).sendsAfter.seconds - paused.after.seconds
            #expect((0.199...0.801).contains(pause))
            lengths.insert(paused.after.seconds)
        }
        #expect((lengths.count > 10) == (least < most))
    }

    @Test func `long typing is told again after ten seconds`() {
        let typing = self.plan(1000).steps.filter { $0.act == .show(.composing(person)) }
        #expect(typing.map(\.after) == [.zero, .seconds(10)])
    }

    @Test(arguments: [(0.0, 1000), (3.0, 1000), (19.0, 1000), (19.0, 6)])
    func `the message leaves when its gap is over, or as soon as it is typed`(gap: Double, characters: Int) {
        let free = self.plan(characters).sendsAfter.seconds
        let plan = self.plan(characters, gap: .seconds(gap))
        #expect(abs(plan.sendsAfter.seconds - max(gap, free)) < 1e-6)
        #expect(plan.steps.first?.act == .show(.available))
        #expect(abs(plan.steps[0].after.seconds - max(0, gap - free)) < 1e-6)
        #expect(plan.steps.map(\.after) == plan.steps.map(\.after).sorted())
    }

    @Test func `a device that shows nothing sends at once`() {
        #expect(HumanPlan.plain.steps.map(\.act) == [.send])
        #expect(HumanPlan.plain.sendsAfter == .zero)
    }

    @Test func `a device that types takes its message so early that the gap can hold the typing`() {
        var device = state(
            .free {
                $0.humanSimulation = true
                $0.pacing.minimumDelay = .seconds(20)
                $0.pacing.maximumDelay = .seconds(20)
            })
        device.send(at: start)
        #expect(device.pauseEnd(at: start) == start + 20)
        #expect(device.nextSend(at: start) == start + 20 - HumanPlan.longest)
        device.policy.humanSimulation = false
        #expect(device.nextSend(at: start) == start + 20)
    }

    @Test func `typing falls into the pauses of spreading and rest as well`() {
        var spread = state(
            .free {
                $0.humanSimulation = true
                $0.spreading = true
                $0.pacing.hourly = 100
            })
        spread.send(at: start)
        let backlog = Backlog(hour: 1000, day: 1000)
        let end = spread.pauseEnd(at: start, backlog: backlog)
        #expect((25.2...46.8).contains(end.timeIntervalSince(start)))
        #expect(spread.nextSend(at: start, backlog: backlog) == end - HumanPlan.longest)
        var resting = state(
            .free {
                $0.humanSimulation = true
                $0.pacing.restAfter = 1
                $0.pacing.rest = .seconds(100)
            })
        resting.send(at: start)
        #expect(resting.nextSend(at: start) == resting.pauseEnd(at: start) - HumanPlan.longest)
        #expect(resting.pauseEnd(at: start + 500) == start + 500)
    }
}
