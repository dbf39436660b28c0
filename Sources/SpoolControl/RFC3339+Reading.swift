import Foundation
import SpoolCore

extension RFC3339 {
    /// Reads a moment with its zone, such as `2027-01-31T00:00:00Z` or `2027-01-31T05:00:00.250+05:00`.
    ///
    /// - Returns: `nil` unless the whole text is a moment of the calendar. 60 seconds are the next minute's first.
    static func date(_ text: String) -> Date? {
        let form =
            #/
            ([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?
            (?:[Zz]|([+\-])([0-9]{2}):([0-9]{2}))
            /#
        guard let match = text.wholeMatch(of: form)?.output, let year = Int(match.1), let month = Int(match.2),
            let day = Int(match.3), let hours = Int(match.4), let minutes = Int(match.5), let seconds = Int(match.6),
            hours < 24, minutes < 60, seconds <= 60
        else { return nil }
        let civil = CivilDate(year: year, month: month, day: day)
        guard (1...12).contains(month), (1...31).contains(day), CivilDate(daysSince1970: civil.daysSince1970) == civil
        else {
            return nil
        }
        let zoneHours = match.9.flatMap { Int($0) } ?? 0
        let zoneMinutes = match.10.flatMap { Int($0) } ?? 0
        guard zoneHours < 24, zoneMinutes < 60 else { return nil }
        let offset = (zoneHours * 60 + zoneMinutes) * (match.8 == "-" ? -60 : 60)
        let fraction = match.7.flatMap { Double("0" + $0) } ?? 0
        let whole = civil.daysSince1970 * 86_400 + hours * 3600 + minutes * 60 + seconds - offset
        return Date(timeIntervalSince1970: Double(whole) + fraction)
    }
}
