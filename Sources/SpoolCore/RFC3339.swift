public import Foundation

/// The form of times in every answer: RFC 3339 in UTC with milliseconds.
public enum RFC3339 {
    /// For example `2026-11-21T10:42:00.000Z`.
    public static func text(_ date: Date) -> String {
        let milliseconds = date.milliseconds
        let day = Self.floored(milliseconds, by: 86_400_000)
        let time = Int(milliseconds - day * 86_400_000)
        let civil = CivilDate(daysSince1970: Int(day))
        return Self.padded(civil.year, 4) + "-" + Self.padded(civil.month, 2) + "-" + Self.padded(civil.day, 2) + "T"
            + Self.padded(time / 3_600_000, 2) + ":" + Self.padded(time / 60000 % 60, 2) + ":"
            + Self.padded(time / 1000 % 60, 2) + "." + Self.padded(time % 1000, 3) + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floored(_ dividend: Int64, by divisor: Int64) -> Int64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
