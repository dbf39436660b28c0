public import Foundation

/// When people are not written to, as times on their own wall.
///
/// On the day clocks change the window keeps its local start and end, so it may be an hour shorter or longer.
public struct QuietHours: Equatable, Sendable, CustomStringConvertible {
    /// Minutes after midnight; the window may cross it. Equal ends make no window.
    public var from: Int
    public var until: Int
    /// The days on which people may be written to; the others are quiet as a whole.
    public var days: Set<Weekday>

    public init(from: Int = 21 * 60, until: Int = 8 * 60, days: Set<Weekday> = Set(Weekday.allCases)) {
        self.from = from
        self.until = until
        self.days = days
    }

    public var description: String {
        let window = "\(Self.clock(self.from))–\(Self.clock(self.until))"
        guard self.days.count < Weekday.allCases.count else { return window }
        return window + ", only " + Weekday.allCases.filter(self.days.contains).map(\.rawValue).joined(separator: " ")
    }

    /// Whether `date` is quiet on a wall in `zone`.
    public func isQuiet(at date: Date, in zone: TimeZone) -> Bool {
        LocalTime(date, in: zone).secondsUntilOpening(of: self) != nil
    }

    /// The next moment that is quiet in none of the zones, `date` itself when it already is none.
    /// - Returns: A moment at most eight days ahead; `nil` when there is none.
    public func nextOpening(from date: Date, in zones: [TimeZone]) -> Date? {
        var moment = date
        let horizon = date.addingTimeInterval(8 * 86400)
        var isOpen = false
        while !isOpen {
            isOpen = true
            for zone in zones {
                let opening = self.opening(from: moment, in: zone, before: horizon)
                guard let opening else { return nil }
                if opening > moment { isOpen = false }
                moment = opening
            }
        }
        return moment
    }

    private func opening(from date: Date, in zone: TimeZone, before horizon: Date) -> Date? {
        var moment = date
        while moment <= horizon {
            let local = LocalTime(moment, in: zone)
            guard let seconds = local.secondsUntilOpening(of: self) else { return moment }
            let next = moment.addingTimeInterval(seconds)
            // A clock that changes on the way shows another time there than was aimed at.
            let corrected = next.addingTimeInterval(Double(local.offset - zone.secondsFromGMT(for: next)))
            moment = max(corrected, moment.addingTimeInterval(1))
        }
        return nil
    }

    /// Whether every moment that is quiet by `other` is quiet by this one.
    func covers(_ other: QuietHours) -> Bool {
        Weekday.allCases.allSatisfy { day in
            stride(from: 0, to: 24 * 60, by: 1).allSatisfy { minute in
                !other.isQuiet(day, minute) || self.isQuiet(day, minute)
            }
        }
    }

    func isQuiet(_ day: Weekday, _ minute: Int) -> Bool {
        guard self.days.contains(day) else { return true }
        guard self.from != self.until else { return false }
        return self.from > self.until
            ? minute >= self.from || minute < self.until : minute >= self.from && minute < self.until
    }

    private static func clock(_ minutes: Int) -> String {
        String(format: "%02d:%02d", minutes / 60, minutes % 60)
    }
}

/// A day of the week, as files spell it.
public enum Weekday: String, CaseIterable, Codable, Sendable {
    case monday = "mon"
    case tuesday = "tue"
    case wednesday = "wed"
    case thursday = "thu"
    case friday = "fri"
    case saturday = "sat"
    case sunday = "sun"
}

/// What a wall clock shows.
private struct LocalTime {
    /// Seconds east of Greenwich.
    let offset: Int
    private let day: Weekday
    private let secondOfDay: Double

    init(_ date: Date, in zone: TimeZone) {
        self.offset = zone.secondsFromGMT(for: date)
        let local = date.timeIntervalSince1970 + Double(self.offset)
        let days = (local / 86400).rounded(.down)
        self.secondOfDay = local - days * 86400
        // The first of January 1970 was a Thursday.
        let index = (Int(days) + 3) % 7
        self.day = Weekday.allCases[index < 0 ? index + 7 : index]
    }

    /// `nil` when it is not quiet; the day after an opening that is aimed at may be a closed one.
    func secondsUntilOpening(of hours: QuietHours) -> Double? {
        guard hours.isQuiet(self.day, Int(self.secondOfDay / 60)) else { return nil }
        guard hours.days.contains(self.day) else { return 86400 - self.secondOfDay }
        let until = Double(hours.until * 60)
        return until > self.secondOfDay ? until - self.secondOfDay : until + 86400 - self.secondOfDay
    }
}
