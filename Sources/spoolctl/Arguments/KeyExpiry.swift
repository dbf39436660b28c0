import ArgumentParser
import Foundation
import SpoolCore

/// When a key ends, as `--expires` says it.
enum KeyExpiry: ExpressibleByArgument, Equatable {
    /// With the end of this day.
    case day(CalendarDay)
    case after(Duration)

    init?(argument: String) {
        if let day = CalendarDay(argument: argument) {
            self = .day(day)
        } else if let span = TimeSpan(notation: argument) {
            self = .after(span.duration)
        } else {
            return nil
        }
    }

    /// - Throws: 64 for a moment that is over.
    func moment(now: Date, in timeZone: TimeZone) throws(CommandFailure) -> Date {
        let moment =
            switch self {
            case .day(let day): day.end(in: timeZone)
            case .after(let duration): now.addingTimeInterval(duration.seconds)
            }
        guard moment > now else { throw .usage("--expires lies in the past", "give a later date, or no --expires") }
        return moment
    }
}
