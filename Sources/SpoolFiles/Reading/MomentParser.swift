import SpoolCore
import Foundation

/// Reads a moment: RFC 3339, or a local time or date in the configured zone.
struct MomentParser: Sendable {
    /// The zone of times that are written without one.
    let timeZone: TimeZone

    /// `nil` unless the whole text is a moment. A date alone is its midnight; a local time that a clock change skips
    /// moves forward by the length of the change, one that it repeats is the first of the two.
    func date(from text: String) -> Date? {
        var rest = Array(text.utf8)[...]
        guard let days = Self.days(&rest) else { return nil }
        guard !rest.isEmpty else { return self.date(local: Double(days) * 86400) }
        guard let separator = rest.popFirst(),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(separator),
            let seconds = Self.secondsOfDay(&rest)
        else { return nil }
        let local = Double(days) * 86400 + seconds
        guard !rest.isEmpty else { return self.date(local: local) }
        guard let offset = Self.zoneOffset(&rest), rest.isEmpty else { return nil }
        return Date(timeIntervalSince1970: local - Double(offset))
    }

    private func date(local seconds: Double) -> Date {
        let before = self.timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds - 86400))
        let after = self.timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds + 86400))
        for offset in [before, after] {
            let candidate = Date(timeIntervalSince1970: seconds - Double(offset))
            if self.timeZone.secondsFromGMT(for: candidate) == offset { return candidate }
        }
        return Date(timeIntervalSince1970: seconds - Double(before))
    }

    /// `YYYY-MM-DD` as days since 1970.
    private static func days(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let year = Self.number(4, &rest), year > 0, Self.take("-", &rest), let month = Self.number(2, &rest),
            (1...12).contains(month), Self.take("-", &rest), let day = Self.number(2, &rest),
            (1...Self.length(ofMonth: month, year: year)).contains(day)
        else { return nil }
        return CivilDate(year: year, month: month, day: day).daysSince1970
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `HH:MM[:SS[.fraction]]`; 60 seconds are a leap second.
    private static func secondsOfDay(_ rest: inout ArraySlice<UInt8>) -> Double? {
        guard let hours = Self.number(2, &rest), hours < 24, Self.take(":", &rest), let minutes = Self.number(2, &rest),
            minutes < 60
        else { return nil }
        var total = Double(hours * 3600 + minutes * 60)
        guard Self.take(":", &rest) else { return total }
        guard let seconds = Self.number(2, &rest), seconds <= 60 else { return nil }
        total += Double(seconds)
        guard Self.take(".", &rest) else { return total }
        let fraction = rest.prefix(while: \.isDigit)
        guard !fraction.isEmpty, let value = Double("0." + String(decoding: fraction.prefix(9), as: UTF8.self)) else {
            return nil
        }
        rest = rest.dropFirst(fraction.count)
        return total + value
    }

    /// `Z` or `±HH:MM`, in seconds.
    private static func zoneOffset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        if Self.take("Z", &rest) || Self.take("z", &rest) { return 0 }
        let isEast = Self.take("+", &rest)
        guard isEast || Self.take("-", &rest), let hours = Self.number(2, &rest), hours < 24, Self.take(":", &rest),
            let minutes = Self.number(2, &rest), minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }

    private static func number(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(\.isDigit) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
