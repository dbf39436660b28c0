import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct PriorityWheelTests {
    /// What leaves when these priorities have something waiting.
    private func run(_ wheel: inout PriorityWheel, _ count: Int, waiting: Set<Priority>) -> [Priority] {
        (0..<count).compactMap { _ in
            guard let next = wheel.order.first(where: waiting.contains) else { return nil }
            wheel.recordSend(next)
            return next
        }
    }

    @Test func `of 21 messages 16 are high, 4 normal and 1 low when all wait`() {
        var wheel = PriorityWheel()
        for _ in 0..<10 {
            let sent = self.run(&wheel, 21, waiting: Set(Priority.allCases))
            #expect(Priority.allCases.map { each in sent.count { $0 == each } } == [16, 4, 1])
        }
    }

    @Test func `every order names every priority once, and high goes first`() {
        var wheel = PriorityWheel()
        #expect(wheel.order == [.high, .normal, .low])
        for priority in self.run(&wheel, 100, waiting: Set(Priority.allCases)) {
            #expect(Set(wheel.order).count == 3, "after \(priority)")
        }
    }

    @Test(arguments: [
        ([Priority.high, .low], [32, 0, 2]), ([.high, .normal], [32, 8, 0]), ([.normal, .low], [0, 16, 4]),
    ])
    func `two that wait share as their weights say`(waiting: [Priority], counts: [Int]) {
        var wheel = PriorityWheel()
        _ = self.run(&wheel, 100, waiting: Set(waiting))
        let sent = self.run(&wheel, counts.reduce(0, +), waiting: Set(waiting))
        #expect(Priority.allCases.map { each in sent.count { $0 == each } } == counts)
    }

    @Test func `what had nothing waiting has not saved up more than one round`() {
        var wheel = PriorityWheel()
        _ = self.run(&wheel, 10_000, waiting: [.low])
        let sent = self.run(&wheel, 63, waiting: Set(Priority.allCases))
        #expect(sent.count { $0 == .low } >= 1)
        _ = self.run(&wheel, 10_000, waiting: [.high])
        #expect(self.run(&wheel, 21, waiting: Set(Priority.allCases)).count { $0 == .low } <= 2)
    }

    @Test func `claims of many messages keep the shares in the long run`() {
        var wheel = PriorityWheel(burst: 128)
        var counts = [0, 0, 0]
        for _ in 0..<2100 {
            let next = wheel.order[0]
            for _ in 0..<128 { wheel.recordSend(next) }
            counts[next.rawValue] += 1
        }
        #expect(abs(counts[0] - 1600) <= 16)
        #expect(abs(counts[1] - 400) <= 4)
        #expect(abs(counts[2] - 100) <= 1)
    }
}
