import Foundation
import SpoolCore

/// A device that keeps its pace.
struct FlowingDevice {
    /// Messages a second.
    let rate: Double
    /// It stands still until then.
    let from: Date
    private let coldFrom: Date
    var warmUp: WarmUp
    private let state: DeviceState

    static func all(of walk: ForecastWalk) -> [FlowingDevice] {
        let characters = Self.characters(of: walk)
        var rates: [(policy: SchedulerPolicy, rate: Double)] = []
        return walk.devices.map { device in
            let known = rates.first { $0.policy == device.policy }?.rate
            let rate = known ?? SteadyPace.rate(device.policy, characters: characters)
            if known == nil { rates.append((device.policy, rate)) }
            return FlowingDevice(device.state, rate, walk.now)
        }
    }

    /// Of a message that is left, on average.
    private static func characters(of walk: ForecastWalk) -> Int {
        var messages = 0.0
        var characters = 0.0
        for (line, progress) in zip(walk.lines, walk.progress) {
            messages += Double(progress.left)
            characters += Double(progress.left) * Double(line.characters)
        }
        return messages > 0 ? Int(min(characters / messages, 1e6)) : 0
    }

    private init(_ state: DeviceState, _ rate: Double, _ now: Date) {
        self.state = state
        self.rate = rate
        self.warmUp = state.memory.warmUp
        self.from = state.stopEnd(at: now) ?? now
        self.coldFrom = max(self.from, state.coldStopEnd(at: now) ?? now)
    }

    /// Messages to strangers a second.
    func coldRate(at now: Date) -> Double {
        guard self.coldFrom <= now else { return 0 }
        var state = self.state
        state.memory.warmUp = self.warmUp
        if self.warmUp.startedAt != nil { state.memory.warmUp.record(now) }
        let cap = state.coldCaps(at: now).map(\.cap.limit).min()
        return cap.map { min(self.rate, Double($0) / 86400) } ?? self.rate
    }

    /// Seconds.
    func nextChange(after now: Date) -> Double {
        var change = Double.infinity
        for moment in [self.from, self.coldFrom] where moment > now && moment < .distantFuture {
            change = min(change, moment.timeIntervalSince(now))
        }
        if self.state.policy.warmUp, self.warmUp.allowance(at: now) != nil, let rise = self.warmUp.nextRise(after: now)
        {
            change = min(change, max(1, rise.timeIntervalSince(now)))
        }
        return change
    }
}

extension DeviceState {
    /// When a person, the service or a cooldown lets the device go on.
    fileprivate func stopEnd(at now: Date) -> Date? {
        let stops = [
            self.memory.pause.map { _ in Date.distantFuture }, self.memory.standing.halted?.until,
            self.memory.standing.banned(at: now)?.until, self.memory.cooldown.closure(at: now)?.until,
        ]
        return stops.compactMap(\.self).max()
    }

    /// The same for strangers, caps apart.
    fileprivate func coldStopEnd(at now: Date) -> Date? {
        let stops = [
            self.memory.standing.timeLocked(at: now)?.until, self.memory.standing.quotaUsedUp(at: now)?.until,
            self.memory.breaker.closure(at: now, self.policy.breaker)?.until,
            self.memory.replyRatio.closure(self.policy.replyRatio)?.until,
        ]
        return stops.compactMap(\.self).max()
    }
}
