import SpoolCore

extension JSONValue {
    /// The value of a key; `nil` when it is `null`, missing, or this is no object.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self, let value = members.first(where: { $0.key == key })?.value,
            value != .null
        else { return nil }
        return value
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    var isTrue: Bool { self == .bool(true) }

    var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The value in a few words for people, on one line; `-` for what is unknown or empty.
    var words: String {
        switch self {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let number): String(number)
        case .string(let text): text.isEmpty ? "-" : TerminalText.safe(text)
        case .array(let elements): elements.isEmpty ? "-" : elements.map(\.words).joined(separator: ", ")
        case .object: TerminalText.json(self)
        }
    }

    /// A moment for people, `2026-11-21 10:42:00Z`; anything else as `words`.
    var momentWords: String {
        guard case .string(let text) = self, text.utf8.count == 24, text.hasSuffix("Z"),
            text.dropFirst(10).hasPrefix("T")
        else { return self.words }
        return TerminalText.safe("\(text.prefix(10)) \(text.dropFirst(11).prefix(8))Z")
    }
}
