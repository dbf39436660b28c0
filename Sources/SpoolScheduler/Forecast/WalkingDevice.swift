import Foundation
import SpoolCore

/// A device in a forecast.
struct WalkingDevice {
    let index: Int
    var state: DeviceState
    var wheel = PriorityWheel()
    /// When it is looked at next.
    var next: Date
    private var chance: EvenChance
    let types: Bool
    /// The device stands ready since then.
    private var freeSince: Date

    init(_ device: Forecast.Device, _ course: Forecast.Course, seed: Int, _ now: Date) {
        self.index = seed
        self.state = device.state
        self.types = device.state.policy.humanSimulation
        // A forecast adds the typing itself.
        self.state.policy.humanSimulation = false
        self.next = now
        self.freeSince = now
        self.chance =
            switch course {
            case .early: EvenChance(at: 0)
            case .usual: EvenChance(from: seed)
            case .late: EvenChance(at: 1)
            }
    }

    /// Whether only a person can let it go on.
    func isStopped(at now: Date) -> Bool { self.state.closure(of: .known, at: now)?.until == .distantFuture }

    func room(at now: Date) -> Int { self.state.roomLeft(for: .cold, at: now) }

    /// - Returns: When the message leaves.
    mutating func send(_ line: QueueLine, at moment: Date) -> Date {
        let typed = self.freeSince.addingTimeInterval(self.types ? Self.typing(line.characters) : 0)
        let leaves = max(moment, typed)
        self.state.record(lane: line.lane, start: leaves, end: leaves, using: &self.chance)
        if line.lane == .cold { self.state.memory.breaker = CircuitBreaker() }
        self.wheel.recordSend(line.priority)
        self.freeSince = leaves
        self.next = leaves
        return leaves
    }

    /// Seconds, on average.
    static func typing(_ characters: Int) -> Double {
        min(max(Double(max(0, characters)) / HumanPlan.speed, HumanPlan.length.lowerBound), HumanPlan.length.upperBound)
    }
}
