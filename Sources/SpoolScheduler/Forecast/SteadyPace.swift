import Foundation
import SpoolCore

/// How many messages a second a device sends under a policy when there is always one more.
enum SteadyPace {
    private static let most = 20_000
    private static let span = 2 * 86400.0
    /// A device without any limit.
    static let unlimited = 1e9

    static func rate(_ policy: SchedulerPolicy, characters: Int) -> Double {
        var chance = SteadyChance(at: 0.5)
        let typing = Typing(characters, policy)
        var policy = policy
        policy.humanSimulation = false
        var device = DeviceState(policy: policy, sends: [], newUsing: &chance)
        let start = Date(timeIntervalSince1970: 0)
        let endless = Backlog(hour: .max / 4, day: .max / 4)
        var now = start
        var sends: [Date] = []
        while sends.count < Self.most, now.timeIntervalSince(start) < Self.span {
            switch device.admission(at: now, backlog: endless) {
            case .wait(let until, _): now = until
            case .now:
                if let last = sends.last {
                    let isBoundByGap = now.timeIntervalSince(last) < policy.pacing.gap.upperBound
                    now = max(now, last.addingTimeInterval(typing.length)) + (isBoundByGap ? typing.extra : 0)
                }
                device.record(lane: .known, start: now, end: now, using: &chance)
                sends.append(now)
            }
        }
        return Self.rate(of: sends, until: now, since: start)
    }

    /// By its second half: the first begins with empty windows.
    private static func rate(of sends: [Date], until end: Date, since start: Date) -> Double {
        let middle = start.addingTimeInterval(end.timeIntervalSince(start) / 2)
        let length = end.timeIntervalSince(middle)
        guard length > 0, end < .distantFuture else { return sends.isEmpty ? 0 : Self.unlimited }
        return Double(sends.count { $0 >= middle }) / length
    }
}
