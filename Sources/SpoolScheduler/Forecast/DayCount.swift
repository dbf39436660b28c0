import Foundation
import SpoolCore

/// What leaves on which day: of one batch, by device and lane.
struct DayCount {
    let batch: BatchID?
    private let zone: TimeZone
    private var counts: [Key: Double] = [:]

    private struct Key: Hashable {
        var device: Int
        var lane: Lane
        var day: Int
    }

    init(_ batch: BatchID?, _ zone: TimeZone) {
        self.batch = batch
        self.zone = zone
    }

    mutating func add(_ count: Double, of line: QueueLine, by device: Int, at moment: Date) {
        guard line.batch == self.batch, moment < .distantFuture else { return }
        self.counts[Key(device: device, lane: line.lane, day: self.day(moment)), default: 0] += count
    }

    /// When the day of the moment ends.
    func midnight(after moment: Date) -> Date {
        let offset = Double(self.zone.secondsFromGMT(for: moment))
        return Date(timeIntervalSince1970: Double(self.day(moment) + 1) * 86400 - offset)
    }

    private func day(_ moment: Date) -> Int {
        Int(((moment.timeIntervalSince1970 + Double(self.zone.secondsFromGMT(for: moment))) / 86400).rounded(.down))
    }

    /// Whole messages: what a day's rounding leaves over goes into the next.
    func days(of devices: [DeviceID]) -> [Forecast.Day] {
        var days: [Forecast.Day] = []
        let keys = self.counts.keys.sorted {
            ($0.device, $0.lane.rawValue, $0.day) < ($1.device, $1.lane.rawValue, $1.day)
        }
        var before: Key?
        var rest = 0.0
        for key in keys {
            if before?.device != key.device || before?.lane != key.lane { rest = 0 }
            before = key
            let count = (self.counts[key] ?? 0) + rest
            rest = count - count.rounded()
            guard count.rounded() >= 1 else { continue }
            days.append(
                Forecast.Day(
                    device: devices[key.device], lane: key.lane, date: CivilDate(daysSince1970: key.day),
                    count: Int(count.rounded())))
        }
        return days
    }
}
