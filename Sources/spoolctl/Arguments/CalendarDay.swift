import ArgumentParser
import Foundation
import SpoolCore

/// A day on the command line, `YYYY-MM-DD`.
struct CalendarDay: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let date: CivilDate

    /// `nil` unless there is such a day, from 1970 on.
    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard argument.utf8.count == 10, parts.map(\.utf8.count) == [4, 2, 2], let year = Self.number(parts[0]),
            let month = Self.number(parts[1]), let day = Self.number(parts[2]), year >= 1970
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard (1...12).contains(month), CivilDate(daysSince1970: date.daysSince1970) == date else { return nil }
        self.date = date
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    var description: String {
        [(self.date.year, 4), (self.date.month, 2), (self.date.day, 2)].map { number, width in
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }.joined(separator: "-")
    }

    /// When the day begins in `timeZone`.
    func start(in timeZone: TimeZone) -> Date { Self.start(of: self.date.daysSince1970, in: timeZone) }

    /// When the day is over in `timeZone`.
    func end(in timeZone: TimeZone) -> Date { Self.start(of: self.date.daysSince1970 + 1, in: timeZone) }

    private static func start(of day: Int, in timeZone: TimeZone) -> Date {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let date = CivilDate(daysSince1970: day)
        let noon = DateComponents(year: date.year, month: date.month, day: date.day, hour: 12)
        // Noon exists on every day, midnight does not; a calendar day always has a noon, so the other is unreachable.
        guard let noon = calendar.date(from: noon) else { return Date(timeIntervalSince1970: Double(day) * 86_400) }
        return calendar.startOfDay(for: noon)
    }
}
