import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct ColdCapTests {
    @Test func `the careful profile writes to fifty strangers in any 24 hours of a device`() {
        var device = state(
            .free {
                $0.profile = .careful
                $0.coldDaily = 50
            })
        for index in 0..<50 {
            #expect(device.closure(of: .cold, at: start + Double(index)) == nil)
            device.send(.cold, at: start + Double(index))
        }
        #expect(device.closure(of: .cold, at: start + 50) == Closure(until: start + day, .coldCap(50)))
        #expect(device.admission(at: start + 50) == .withoutCold(upTo: 128))
        #expect(device.admission(at: start + day + 9.5) == .all(upTo: 10))
    }

    @Test func `sends to strangers before a restart count, others do not`() {
        var policy = SchedulerPolicy.free()
        policy.coldDaily = 3
        let sends = [Lane.cold, .known, .reply, .cold].enumerated().map { Send(at: start + Double($0), lane: $1) }
        #expect(state(policy, sends: sends).admission(at: start + 10) == .all(upTo: 1))
    }
}
