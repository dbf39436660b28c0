/// How values are written: as JSON, and as YAML that fits on one line.
enum ConfigurationText {
    /// The value as JSON; YAML reads it as the same value.
    static func json(_ value: ConfigurationValue) -> String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .text(let text): Self.quoted(text)
        case .sequence(let elements): "[" + elements.map { Self.json($0.value) }.joined(separator: ", ") + "]"
        case .mapping(let fields):
            "{" + fields.map { "\(Self.quoted($0.name)): \(Self.json($0.value.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// The value as YAML, without quotes where a text needs none.
    static func yaml(_ value: ConfigurationValue) -> String {
        switch value {
        case .null, .boolean, .integer: Self.json(value)
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .sequence(let elements): "[" + elements.map { Self.yaml($0.value) }.joined(separator: ", ") + "]"
        case .mapping(let fields):
            "{" + fields.map { "\($0.name): \(Self.yaml($0.value.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// The text in double quotes, with the escapes that JSON and YAML share.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where Self.needsEscape(scalar):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// The start of a text that somebody else wrote, in quotes and safe for a terminal.
    static func excerpt(_ text: String) -> String {
        text.unicodeScalars.count <= 60 ? Self.quoted(text) : Self.quoted(String(text.unicodeScalars.prefix(60)) + "…")
    }

    /// The text on one line, for a comment.
    static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { Self.needsEscape($0) ? "\u{FFFD}" : $0 }))
    }

    /// Control characters and what YAML does not allow as it is; all of them lie below U+10000.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        let words: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.unicodeScalars.first, Self.isWordCharacter(first) || first == "." || first == "/",
            text.unicodeScalars.allSatisfy({ Self.isWordCharacter($0) || "._/:+@~%-".unicodeScalars.contains($0) })
        else { return false }
        return !text.hasSuffix(":") && Double(text) == nil && !words.contains(text.lowercased())
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
