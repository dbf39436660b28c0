public import Foundation
import SpoolCore

/// How long a queue takes of which only the length is known: all of it may go from any device.
public struct Estimate: Sendable {
    private let devices: [DeviceState]

    public init(devices: [DeviceState]) {
        self.devices = devices
    }

    /// When the `count`-th message from now will have been sent, its gap included, or `nil` when no device can send.
    public func completion(of count: Int, now: Date) -> Date? {
        guard let gap = self.devices.first?.policy.pacing.gap,
            let completion = self.completion(of: count, now: now, .usual)
        else { return nil }
        guard count > 0, completion < .distantFuture else { return completion }
        return completion.addingTimeInterval((gap.lowerBound + gap.upperBound) / 2)
    }

    /// The phrase for a message with `ahead` others before it: `5-20 seconds`; `nil` when no device can send.
    public func phrase(ahead: Int, now: Date) -> String? {
        guard let pacing = self.devices.first?.policy.pacing,
            let early = self.completion(of: ahead + 1, now: now, .early),
            let late = self.completion(of: ahead + 1, now: now, .late)
        else { return nil }
        return Forecast.phrase(early: early, late: late, now: now, pacing: pacing)
    }

    private func completion(of count: Int, now: Date, _ course: Forecast.Course) -> Date? {
        guard !self.devices.isEmpty else { return nil }
        guard count > 0 else { return now }
        let devices = self.devices.enumerated().map {
            Forecast.Device(id: DeviceID(rawValue: String($0)), state: $1)
        }
        let line = QueueLine(batch: BatchID(rawValue: 0), user: 0, lane: .known, count: count)
        let forecast = Forecast(
            devices: devices, lines: [line], zones: RecipientZones(fallback: .gmt), now: now, course: course)
        return forecast.completion ?? .distantFuture
    }
}
