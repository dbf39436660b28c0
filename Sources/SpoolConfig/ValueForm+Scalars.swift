extension ValueForm where Value == Bool {
    static var boolean: ValueForm {
        ValueForm(
            word: "true or false",
            parse: { word in
                switch word {
                case "true": true
                case "false": false
                default: nil
                }
            },
            write: { .boolean($0) })
    }
}

extension ValueForm where Value == Duration {
    /// Any length, perhaps none.
    static var duration: ValueForm {
        ValueForm(
            word: "a duration such as 500ms, 20s, 5m, 24h or 30d",
            parse: { DurationNotation.duration($0) }, write: { .text(DurationNotation.text($0)) })
    }

    /// A length that must not be none.
    static var positiveDuration: ValueForm {
        .duration.requiring("a duration above 0, such as 500ms, 20s, 5m, 24h or 30d") { $0 > .zero }
    }

    /// A length; null is none.
    static var pause: ValueForm {
        let form = ValueForm<Duration?>.optional(.duration, "or 0 or null to switch it off")
        return ValueForm(
            expects: form.expects,
            read: { located throws(ValueError) in try form.read(located) ?? .zero }, write: { form.write($0) })
    }
}

extension ValueForm where Value == Duration? {
    /// A length; 0 and null are no limit.
    static var durationLimit: ValueForm {
        .optional(.duration, "or 0 or null to switch it off") { $0 == .zero }
    }
}

extension ValueForm where Value == Int {
    /// A number of things.
    static var count: ValueForm {
        ValueForm(word: "a whole number up to 1000000000", parse: { Self.number($0) }, write: { .integer($0) })
    }

    /// Digits only: `Int` alone would take signs.
    private static func number(_ word: String) -> Int? {
        guard word.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(word),
            number <= 1_000_000_000
        else { return nil }
        return number
    }
}

extension ValueForm where Value == Int? {
    /// A number of things; 0 and null are no limit.
    static var countLimit: ValueForm {
        .optional(.count, "or 0 or null to switch it off") { $0 == 0 }
    }
}

extension ValueForm where Value == ByteCount {
    static var size: ValueForm {
        ValueForm(
            word: "a size such as 64KiB, 5MB or a number of bytes",
            parse: { ByteCount($0) }, write: { .text($0.description) })
    }
}

extension ValueForm where Value == ByteCount? {
    /// A size; 0 and null are no limit.
    static var sizeLimit: ValueForm {
        .optional(.size, "or 0 or null to switch it off") { $0.bytes == 0 }
    }
}

extension ValueForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of a closed set.
    static var choice: ValueForm {
        let words = Value.allCases.map(\.rawValue)
        let list = words.count == 2 ? words.joined(separator: " or ") : "one of " + words.joined(separator: ", ")
        return ValueForm(word: list, parse: { Value(rawValue: $0) }, write: { .text($0.rawValue) })
    }
}
