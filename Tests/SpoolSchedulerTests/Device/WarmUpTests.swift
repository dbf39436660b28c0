import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct WarmUpTests {
    private let policy = SchedulerPolicy.free { $0.warmUp = true }

    /// A message a day.
    private func daily(_ days: Int) -> WarmUp {
        var warmUp = WarmUp()
        for index in 0...days { warmUp.record(start + Double(index) * day) }
        return warmUp
    }

    private func cap(_ warmUp: WarmUp, _ moment: Date) -> Int? { warmUp.allowance(at: moment)?.cap }

    @Test(arguments: zip(0..<7, [20, 36, 65, 117, 210, 378, 680]))
    func `each day allows 1.8 times the strangers of the day before`(index: Int, cap: Int) {
        let last = start + Double(index + 1) * day - 1
        #expect(self.daily(index).allowance(at: last) == WarmUp.Allowance(cap: cap, day: index + 1))
    }

    @Test func `after seven days the device is warm`() {
        #expect(self.daily(7).allowance(at: start + 7 * day) == nil)
    }

    @Test func `the twenty-first stranger of a new device waits, and names the rule`() {
        var device = state(self.policy)
        for _ in 0..<20 {
            #expect(device.closure(of: .cold, at: start) == nil)
            device.send(.cold, at: start)
        }
        #expect(device.closure(of: .cold, at: start) == Closure(until: start + day, .warmUp(cap: 20, day: 1)))
        #expect(device.admission(at: start) == .withoutCold(upTo: 128))
        #expect(device.closure(of: .cold, at: start + day) == nil)
    }

    @Test func `with strangers allowed no claim takes more than are left of them`() {
        var device = state(self.policy)
        for _ in 0..<17 { device.send(.cold, at: start) }
        #expect(device.admission(at: start) == .all(upTo: 3))
    }

    @Test func `known people do not use the allowance up`() {
        var device = state(self.policy)
        for _ in 0..<50 { device.send(.known, at: start) }
        #expect(device.closure(of: .cold, at: start) == nil)
    }

    @Test func `idle for 72 hours it begins again`() {
        var warmUp = self.daily(6)
        #expect(self.cap(warmUp, start + 9 * day - 1) == nil)
        #expect(self.cap(warmUp, start + 9 * day) == 20)
        warmUp.record(start + 9 * day)
        warmUp.record(start + 10 * day)
        #expect(self.cap(warmUp, start + 10 * day) == 36)
    }

    @Test func `a bad sign on the way stops the climb for three days at three quarters`() {
        var warmUp = self.daily(10)
        warmUp.stop(at: start + 2.5 * day)
        #expect(self.cap(warmUp, start + 2.4 * day) == 65)
        #expect(self.cap(warmUp, start + 2.5 * day) == 48)
        #expect(self.cap(warmUp, start + 5.4 * day) == 48)
        #expect(self.cap(warmUp, start + 5.5 * day) == 65)
        #expect(self.cap(warmUp, start + 6 * day) == 117)
        #expect(self.cap(warmUp, start + 10 * day) == nil)
    }

    @Test func `a second bad sign makes the stop longer, a later one makes another`() {
        var warmUp = self.daily(15)
        warmUp.stop(at: start + 1 * day)
        warmUp.stop(at: start + 3 * day)
        #expect(self.cap(warmUp, start + 5.9 * day) == 27)
        #expect(self.cap(warmUp, start + 6 * day) == 36)
        warmUp.stop(at: start + 7 * day)
        #expect(self.cap(warmUp, start + 9.9 * day) == 48)
        #expect(self.cap(warmUp, start + 10 * day) == 65)
        #expect(self.cap(warmUp, start + 11 * day) == 117)
    }

    @Test func `a warm device is not stopped`() {
        var warmUp = self.daily(7)
        warmUp.stop(at: start + 7.5 * day)
        #expect(self.cap(warmUp, start + 7.6 * day) == nil)
    }

    @Test func `a device that is linked again begins again`() {
        var device = state(self.policy)
        for index in 0..<8 { device.send(.known, at: start + Double(index) * day) }
        let now = start + 7 * day
        device.relinked()
        for _ in 0..<20 { device.send(.cold, at: now) }
        #expect(device.closure(of: .cold, at: now)?.reason == .warmUp(cap: 20, day: 1))
    }

    @Test func `the next day's allowance opens the lane before the window has moved on`() {
        var device = state(self.policy)
        device.send(.known, at: start)
        let evening = start + 0.9 * day
        for _ in 0..<20 { device.send(.cold, at: evening) }
        #expect(device.closure(of: .cold, at: evening)?.until == start + day)
        #expect(device.admission(at: start + day) == .all(upTo: 16))
    }

    @Test func `a restart keeps the day`() throws {
        var device = state(self.policy)
        for index in 0..<3 { device.send(.known, at: start + Double(index) * day) }
        let again = try device.restarted()
        #expect(again.memory == device.memory)
        #expect(again.memory.warmUp.allowance(at: start + 2 * day)?.cap == 65)
    }

    @Test func `it can be switched off`() {
        var device = state(.free())
        for _ in 0..<500 { device.send(.cold, at: start) }
        #expect(device.admission(at: start) == .all(upTo: 128))
    }
}
