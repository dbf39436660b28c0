import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct CooldownTests {
    private let policy = SchedulerPolicy.free { $0.cooldown = CooldownPolicy() }

    @Test func `three failures in a row cool the device down for five minutes`() {
        var device = state(self.policy)
        device.recordFailure(at: start)
        device.recordFailure(at: start)
        #expect(device.admission(at: start).isNow)
        device.recordFailure(at: start)
        #expect(device.admission(at: start) == .wait(until: start + 300, .cooldown(failures: 3)))
        #expect(device.admission(at: start + 300).isNow)
    }

    @Test func `a success in between starts the row anew`() {
        var device = state(self.policy)
        device.recordFailure(at: start)
        device.recordFailure(at: start)
        device.recordSuccess()
        device.recordFailure(at: start)
        #expect(device.admission(at: start).isNow)
    }

    @Test func `each further failure doubles it up to an hour, and a success ends that`() {
        var device = state(self.policy)
        var now = start
        for _ in 0..<2 { device.recordFailure(at: now) }
        for length in [300.0, 600, 1200, 2400, 3600, 3600] {
            device.recordFailure(at: now)
            #expect(device.nextSend(at: now) == now + length)
            now += length
        }
        device.recordSuccess()
        for _ in 0..<3 { device.recordFailure(at: now) }
        #expect(device.nextSend(at: now) == now + 300)
    }

    @Test func `what was under way when it began does not make it longer`() {
        var device = state(self.policy)
        for _ in 0..<100 { device.recordFailure(at: start) }
        #expect(device.nextSend(at: start) == start + 300)
    }

    @Test func `a restart keeps it, and its level`() throws {
        var device = state(self.policy)
        for _ in 0..<3 { device.recordFailure(at: start) }
        device = try device.restarted()
        #expect(device.nextSend(at: start) == start + 300)
        device.recordFailure(at: start + 300)
        #expect(device.nextSend(at: start + 300) == start + 900)
    }

    @Test func `it can be switched off`() {
        var device = state(.free())
        for _ in 0..<100 { device.recordFailure(at: start) }
        #expect(device.admission(at: start).isNow)
    }

    @Test func `a clock that is set back shortens it to the longest there is`() {
        var device = state(self.policy)
        for _ in 0..<3 { device.recordFailure(at: start + 365 * day) }
        device.correct(at: start)
        #expect(device.nextSend(at: start) == start + 3600)
    }
}
