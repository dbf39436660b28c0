public import Foundation
public import SpoolCore

extension Closure {
    /// The rule, its number, the device and the next moment: `waiting: hourly cap of 100 messages reached on dev1, next
    /// slot 14:32`.
    public func words(on device: DeviceID, at now: Date, in zone: TimeZone) -> String {
        guard self.until < .distantFuture else {
            return "waiting: \(self.reason) on \(device); a person has to act: spoolctl device resume \(device)"
        }
        return "waiting: \(self.reason) on \(device), next slot \(Self.clock(self.until, from: now, in: zone))"
    }

    /// The time alone when it is of the same day, else the day as well.
    static func clock(_ moment: Date, from now: Date, in zone: TimeZone) -> String {
        let (date, seconds) = Self.local(moment, zone)
        let time = String(format: "%02d:%02d", seconds / 3600, seconds / 60 % 60)
        guard date != Self.local(now, zone).date else { return time }
        return String(format: "%04d-%02d-%02d ", date.year, date.month, date.day) + time
    }

    private static func local(_ moment: Date, _ zone: TimeZone) -> (date: CivilDate, seconds: Int) {
        let local = moment.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: moment))
        let days = (local / 86400).rounded(.down)
        return (CivilDate(daysSince1970: Int(days)), Int(local - days * 86400))
    }
}

extension DeviceState {
    /// Everything that keeps messages of this lane from leaving the device, the longest first.
    public func explanation(
        of lane: Lane, on device: DeviceID, at now: Date, backlog: Backlog = .none, in zone: TimeZone
    ) -> [String] {
        self.obstacles(of: lane, at: now, backlog: backlog).reversed().map { $0.words(on: device, at: now, in: zone) }
    }
}
