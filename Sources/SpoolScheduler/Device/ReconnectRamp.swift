import Foundation
import SpoolCore

/// The slow start after a connection came back: a tenth of the rate, rising in six steps to the whole.
struct ReconnectRamp: Equatable, Sendable {
    let since: Date
    /// Seconds.
    let length: Double
    static let steps = 6
    static let firstRate = 0.1

    /// When a pause that would take `seconds` at the full rate is over, if it begins at `start`.
    func end(ofPause seconds: Double, from start: Date) -> Date {
        var left = seconds
        var moment = start
        for step in 0..<Self.steps {
            let stepEnd = self.since.addingTimeInterval(self.length * Double(step + 1) / Double(Self.steps))
            guard stepEnd > moment else { continue }
            let rate = Self.firstRate + (1 - Self.firstRate) * Double(step) / Double(Self.steps)
            let done = stepEnd.timeIntervalSince(moment) * rate
            guard done < left else { return moment.addingTimeInterval(left / rate) }
            left -= done
            moment = stepEnd
        }
        return moment.addingTimeInterval(left)
    }
}
