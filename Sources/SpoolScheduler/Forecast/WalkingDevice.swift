import Foundation
import SpoolCore

/// A device in a forecast.
struct WalkingDevice {
    let index: Int
    var state: DeviceState
    var wheel = PriorityWheel()
    /// When it is looked at next.
    var next: Date
    /// What the device's policy says, its typing included.
    let policy: SchedulerPolicy
    private var chance: SteadyChance
    private let isUsual: Bool
    /// The device stands ready since then.
    private var freeSince: Date

    init(_ device: Forecast.Device, _ course: Forecast.Course, index: Int, _ now: Date) {
        self.index = index
        self.state = device.state
        self.policy = device.state.policy
        self.isUsual = course == .usual
        // A forecast adds the typing itself.
        self.state.policy.humanSimulation = false
        self.next = now
        self.freeSince = now
        self.chance =
            switch course {
            case .early: SteadyChance(at: 0)
            case .usual: SteadyChance(at: 0.5)
            case .late: SteadyChance(at: 1)
            }
    }

    /// Whether only a person can let it go on.
    func isStopped(at now: Date) -> Bool { self.state.closure(of: .known, at: now)?.until == .distantFuture }

    func room(at now: Date) -> Int { self.state.roomLeft(for: .cold, at: now) }

    /// - Returns: When the message leaves.
    mutating func send(_ line: QueueLine, at moment: Date) -> Date {
        let typing = Typing(line.characters, self.policy)
        var leaves = max(moment, self.freeSince.addingTimeInterval(typing.length))
        let isBoundByGap = moment.timeIntervalSince(self.freeSince) < self.policy.pacing.gap.upperBound
        if self.isUsual, isBoundByGap { leaves += typing.extra }
        self.state.record(lane: line.lane, start: leaves, end: leaves, using: &self.chance)
        if line.lane == .cold { self.state.memory.breaker = CircuitBreaker() }
        self.wheel.recordSend(line.priority)
        self.freeSince = leaves
        self.next = leaves
        return leaves
    }
}
