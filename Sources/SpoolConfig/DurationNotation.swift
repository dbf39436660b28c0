/// How a length of time is written in configuration: a whole number and a unit, or a bare `0`.
///
/// The units are `ms`, `s`, `m`, `h` and `d`: `500ms`, `20s`, `5m`, `24h`, `30d`.
public enum DurationNotation {
    /// The longest duration that is accepted, 100 years: sums of a few of them with any date stay in range.
    public static let longest = Duration.seconds(36_500 * Self.secondsPerDay)

    private static let secondsPerDay: Int64 = 86_400

    /// Reads a duration; `nil` when it has no unit, a fraction or a sign, or is longer than `longest`.
    public static func duration(_ text: String) -> Duration? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int64(String(digits) ?? "") else { return nil }
        let unit = Substring(text.utf8.dropFirst(digits.count))
        guard let milliseconds = Self.milliseconds(in: unit, number: number) else { return nil }
        let (total, overflows) = number.multipliedReportingOverflow(by: milliseconds)
        guard !overflows, total / 1000 <= Self.longest.components.seconds else { return nil }
        let duration = Duration.milliseconds(total)
        return duration <= Self.longest ? duration : nil
    }

    /// Writes a duration so that `duration(_:)` reads it back; what is finer than a millisecond is cut off.
    ///
    /// A negative duration is written as none, one above `longest` as `longest`.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = min(max(duration, .zero), Self.longest).components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds == 0 else { return "\(seconds * 1000 + milliseconds)ms" }
        // One day reads better as 24h, and an odd number of seconds stays as it was written.
        if seconds >= 2 * Self.secondsPerDay, seconds % Self.secondsPerDay == 0 {
            return "\(seconds / Self.secondsPerDay)d"
        }
        if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds > 60, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    private static func milliseconds(in unit: Substring, number: Int64) -> Int64? {
        switch unit {
        case "ms": 1
        case "s": 1000
        case "m": 60 * 1000
        case "h": 3600 * 1000
        case "d": Self.secondsPerDay * 1000
        case "": number == 0 ? 1 : nil
        default: nil
        }
    }
}
