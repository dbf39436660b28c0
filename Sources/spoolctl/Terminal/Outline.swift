import SpoolCore

/// One object for people: a line for each plain value, then a table for each list of objects in it.
enum Outline {
    static func lines(_ value: JSONValue) -> [String] {
        guard case .object(let members) = value else { return [value.words] }
        let plain = members.filter { !Self.isNested($0.value) }
        let width = plain.map { TerminalText.safe($0.key).count }.max() ?? 0
        var lines = plain.map { member in
            let key = TerminalText.safe(member.key)
            return key + String(repeating: " ", count: width - key.count + 2) + member.value.momentWords
        }
        for member in members where Self.isNested(member.value) {
            if !lines.isEmpty { lines.append("") }
            lines.append("\(TerminalText.safe(member.key)):")
            lines += Self.nested(member.value).map { "  \($0)" }
        }
        return lines
    }

    private static func isNested(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let members): !members.isEmpty
        case .array(let elements): elements.contains(where: Self.isNested)
        case .null, .bool, .integer, .string: false
        }
    }

    private static func nested(_ value: JSONValue) -> [String] {
        guard case .array(let elements) = value else { return Self.lines(value) }
        var keys: [String] = []
        for case .object(let members) in elements {
            for member in members where !keys.contains(member.key) { keys.append(member.key) }
        }
        var table = Table(
            keys.map { key in
                Table.Column(TerminalText.safe(key)) { ($0[key] ?? .null).momentWords }
            })
        return table.lines(elements)
    }
}
