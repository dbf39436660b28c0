import Foundation
import SpoolCore

/// The days of the configured zone and the moments they begin.
struct DayCalendar: Sendable {
    private let calendar: Calendar

    init(timeZone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        self.calendar = calendar
    }

    /// The day that `moment` falls on.
    func day(of moment: Date) -> CivilDate {
        let parts = self.calendar.dateComponents([.year, .month, .day], from: moment)
        return CivilDate(year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1)
    }

    /// The first moment of a day, 00:00 or the first time after it that the zone's clocks show.
    ///
    /// - Returns: The same moment as the day after for a day that the zone left out.
    func start(of day: CivilDate) -> Date {
        // Clocks change by night: noon is there on every day that exists, midnight is not.
        let noon = self.calendar.date(
            from: DateComponents(year: day.year, month: day.month, day: day.day, hour: 12))
        guard let noon else { return Date(timeIntervalSince1970: Double(day.daysSince1970) * 86_400) }
        return self.calendar.startOfDay(for: noon)
    }
}

/// Whole days, the first and the last included.
struct DayRange: Equatable, Sendable {
    var first: CivilDate
    var last: CivilDate

    /// How many days there are.
    var count: Int { self.last.daysSince1970 - self.first.daysSince1970 + 1 }

    /// Every day of the range, the oldest first.
    var days: [CivilDate] {
        (self.first.daysSince1970...self.last.daysSince1970).map { CivilDate(daysSince1970: $0) }
    }
}

extension CivilDate {
    /// Reads `YYYY-MM-DD`; `nil` unless it is a day of the calendar, 1970 or later.
    init?(text: String) {
        let bytes = Array(text.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count == 10, bytes[4] == dash, bytes[7] == dash,
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), year >= 1970, (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard CivilDate(daysSince1970: self.daysSince1970) == self else { return nil }
    }

    /// `YYYY-MM-DD`.
    var text: String {
        Self.padded(self.year, 4) + "-" + Self.padded(self.month, 2) + "-" + Self.padded(self.day, 2)
    }

    /// The day so many days later, or earlier when negative.
    func adding(days: Int) -> CivilDate { CivilDate(daysSince1970: self.daysSince1970 + days) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.reduce(0) { (sum: Int?, byte) in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                ? sum.map { $0 * 10 + Int(byte - UInt8(ascii: "0")) } : nil
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
