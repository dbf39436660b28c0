import Foundation
import SpoolCore
import SpoolTestSupport

@testable import SpoolScheduler

/// A Tuesday, 22:13:20 UTC.
let start = Date(timeIntervalSince1970: 1_700_000_000)

let hour = 3600.0
let day = 86400.0

extension Admission {
    static func all(upTo most: Int) -> Admission { .now(lanes: Set(Lane.allCases), upTo: most) }
    /// Strangers stand still.
    static func withoutCold(upTo most: Int) -> Admission { .now(lanes: [.reply, .known], upTo: most) }

    var isNow: Bool {
        if case .now = self { true } else { false }
    }
}

extension PacingPolicy {
    /// No pause and no cap.
    static let free = PacingPolicy(
        minimumDelay: .zero, maximumDelay: .zero, hourly: nil, daily: nil, restAfter: nil, rest: .zero)
}

extension SchedulerPolicy {
    /// No rule at all, to add the one under test to.
    static func free(_ change: (inout SchedulerPolicy) -> Void = { _ in }) -> SchedulerPolicy {
        var policy = SchedulerPolicy(pacing: .free)
        change(&policy)
        return policy
    }
}

func state(_ policy: SchedulerPolicy, sends: [Send] = [], seed: UInt64 = 1) -> DeviceState {
    var generator = SeededGenerator(seed: seed)
    return DeviceState(policy: policy, sends: sends, newUsing: &generator)
}

extension DeviceState {
    /// One message that leaves at once.
    mutating func send(_ lane: Lane = .known, at moment: Date, seed: UInt64 = 1) {
        var generator = SeededGenerator(seed: seed)
        self.record(lane: lane, start: moment, end: moment, using: &generator)
    }

    /// The same after the daemon has started again.
    func restarted(sends: [Send] = []) throws -> DeviceState {
        var generator = SeededGenerator(seed: 1)
        return try DeviceState(policy: self.policy, stored: self.stored, sends: sends, using: &generator)
    }
}
