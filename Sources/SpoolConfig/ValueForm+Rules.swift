import SpoolScheduler

extension ValueForm where Value == Double {
    /// A part of a whole.
    static var share: ValueForm {
        ValueForm(word: "a share such as 5% or 0.05", parse: { Self.share($0) }, write: { .text(Self.text($0)) })
    }

    private static func share(_ word: String) -> Double? {
        let isPercent = word.hasSuffix("%")
        let number = isPercent ? word.dropLast() : word[...]
        // Digits and a point only: `Double` alone would take signs, exponents and words.
        guard !number.isEmpty, number.utf8.count <= 12,
            number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number)
        else { return nil }
        let share = isPercent ? value / 100 : value
        return (0...1).contains(share) ? share : nil
    }

    private static func text(_ share: Double) -> String {
        let percent = (share * 1_000_000).rounded() / 10_000
        return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }
}

extension ValueForm where Value == Double? {
    /// A part of a whole; 0 and null are no limit.
    static var shareLimit: ValueForm {
        .optional(.share, "or 0 or null to switch it off") { $0 == 0 }
    }
}

extension ValueForm where Value == QuietHours? {
    /// `21:00-08:00`, with the days on which people may be written to behind it if not all are.
    static var quietHours: ValueForm {
        .optional(
            ValueForm<QuietHours>(
                word: "quiet hours such as 21:00-08:00, or 21:00-08:00 mon tue wed thu fri",
                parse: { Self.hours($0) }, write: { .text(Self.text($0)) }),
            "or 0 or null to switch it off", isOff: { $0.from == $0.until && $0.days.count == Weekday.allCases.count })
    }

    private static func hours(_ word: String) -> QuietHours? {
        guard word != "0" else { return QuietHours(from: 0, until: 0) }
        let parts = word.split(separator: " ")
        let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard ends.count == 2, let from = Self.minutes(ends[0]), let until = Self.minutes(ends[1]) else { return nil }
        let days = parts.dropFirst().map { Weekday(rawValue: $0.lowercased()) }
        guard !days.contains(nil), Set(days).count == days.count else { return nil }
        return QuietHours(
            from: from, until: until, days: days.isEmpty ? Set(Weekday.allCases) : Set(days.compactMap(\.self)))
    }

    /// `HH:MM`.
    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func text(_ hours: QuietHours) -> String {
        let clock = { (minutes: Int) in
            [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }
        let window = "\(clock(hours.from))-\(clock(hours.until))"
        guard hours.days.count < Weekday.allCases.count else { return window }
        return ([window] + Weekday.allCases.filter(hours.days.contains).map(\.rawValue)).joined(separator: " ")
    }
}
