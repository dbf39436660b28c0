import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct PauseTests {
    @Test func `a person's pause holds until a person ends it, over a restart too`() throws {
        var device = state(.free())
        device.pause(reason: "new SIM", at: start)
        device = try device.restarted()
        let closure = Closure(until: .distantFuture, .paused("new SIM"))
        #expect(device.admission(at: start + 365 * day) == .wait(until: closure.until, closure.reason))
        #expect(Lane.allCases.allSatisfy { device.closure(of: $0, at: start) == closure })
        device.resume(at: start)
        #expect(device.admission(at: start).isNow)
    }

    @Test func `of several reasons the one that lasts longest is told, and all are there to be asked for`() {
        var device = state(
            .free {
                $0.pacing.hourly = 1
                $0.cooldown = CooldownPolicy(failures: 1)
            })
        device.send(at: start)
        device.recordFailure(at: start)
        #expect(device.admission(at: start) == .wait(until: start + 3600, .hourlyCap(1)))
        #expect(
            device.obstacles(of: .known, at: start) == [
                Closure(until: start + 300, .cooldown(failures: 1)), Closure(until: start + 3600, .hourlyCap(1)),
            ])
    }

    @Test func `the stored state is the same for the same state, and a damaged one is refused`() throws {
        var device = state(SchedulerPolicy())
        device.send(.cold, at: start)
        #expect(device.stored == (try device.restarted().stored))
        var generator = SeededGenerator(seed: 1)
        #expect(throws: DeviceStateError.self) {
            try DeviceState(policy: device.policy, stored: Data("{\"warmUp\":7}".utf8), using: &generator)
        }
    }

    @Test func `a state stored before a part of it existed is taken up`() throws {
        var generator = SeededGenerator(seed: 1)
        let device = try DeviceState(policy: .free(), stored: Data("{}".utf8), using: &generator)
        #expect(device.memory == DeviceMemory())
    }
}
