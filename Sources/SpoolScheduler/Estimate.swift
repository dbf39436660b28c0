public import Foundation
import SpoolCore

/// How long a queue will take, from the devices' limits and what they have sent already.
///
/// Walks the queue through the same pacing values that decide the real sends, with the shortest, the mean and the
/// longest gap in place of chance. Messages are taken to be spread evenly over the devices.
public struct Estimate: Sendable {
    private let devices: [DeviceState]
    /// From how many messages a device on the rest is extrapolated: the caps' windows have been met by then.
    private static let walked = 3000
    /// How many of the last ones tell the pace of the rest.
    private static let measured = 1000

    public init(devices: [DeviceState]) {
        self.devices = devices
    }

    /// When the `count`-th message from now will have been sent, or `nil` when no device can send.
    public func completion(of count: Int, now: Date) -> Date? {
        self.completion(of: count, now: now, gap: 0.5)
    }

    /// The phrase for a message with `ahead` others before it: `5-20 seconds`; `nil` when no device can send.
    public func phrase(ahead: Int, now: Date) -> String? {
        guard let early = self.completion(of: ahead + 1, now: now, gap: 0),
            let late = self.completion(of: ahead + 1, now: now, gap: 1)
        else { return nil }
        return Self.phrase(from: early.timeIntervalSince(now), to: late.timeIntervalSince(now))
    }

    static func phrase(from low: TimeInterval, to high: TimeInterval) -> String {
        let (unit, name) =
            switch high {
            case ..<120: (1.0, "seconds")
            case ..<7200: (60.0, "minutes")
            case ..<172_800: (3600.0, "hours")
            default: (86400.0, "days")
            }
        let from = Int((low / unit).rounded(.down))
        let to = max(Int((high / unit).rounded(.up)), from + 1)
        return "\(from)-\(to) \(name)"
    }

    private func completion(of count: Int, now: Date, gap: Double) -> Date? {
        guard !self.devices.isEmpty else { return nil }
        guard count > 0 else { return now }
        let share = (count + self.devices.count - 1) / self.devices.count
        return self.devices.map { Self.walk($0, share, now, gap) }.max()
    }

    /// Sends `count` messages through one device's pacing.
    private static func walk(_ state: DeviceState, _ count: Int, _ now: Date, _ gap: Double) -> Date {
        var state = state
        var chance = FixedChance(gap)
        var moment = now
        var left = min(count, Self.walked)
        var measuredFrom = now
        while left > 0 {
            switch state.admission(at: moment) {
            case .wait(let until, _):
                guard until > moment else { return moment }
                moment = until
            case .now(_, let most):
                for _ in 0..<min(most, left) { state.record(lane: .known, start: moment, end: moment, using: &chance) }
                left -= min(most, left)
                if left >= Self.measured { measuredFrom = moment }
            }
        }
        // The gap that belongs to the last one: "5-20 seconds" on an idle device, as its real send will take.
        let end = max(moment, state.pace.gapEnd ?? moment)
        guard count > Self.walked else { return end }
        return end.addingTimeInterval(
            end.timeIntervalSince(measuredFrom) / Double(Self.measured) * Double(count - Self.walked))
    }
}

/// Answers every question with the same point of its range.
private struct FixedChance: RandomNumberGenerator {
    private let value: UInt64

    init(_ point: Double) {
        self.value = point >= 1 ? .max : UInt64(max(0, point) * 18_446_744_073_709_549_568)
    }

    mutating func next() -> UInt64 { self.value }
}
