import SpoolCore

/// Finds the message fields among the members of a JSON object.
struct JSONFields: Sendable {
    /// The texts of the record that `read` read last.
    private(set) var values = FieldValues()

    private let maximumField: Int
    private var mapping = FieldMapping()

    init(maximumField: Int) {
        self.maximumField = maximumField
    }

    /// Reads the record's fields into `values`, or says what is wrong with it whatever they say.
    mutating func read(_ record: JSONRecord, in scanner: JSONScanner) throws(Refusal) {
        self.values.removeAll()
        switch record.content {
        case .malformed(let refusal): throw refusal
        case .other: throw Refusal(.validation, "A message must be a JSON object")
        case .object: break
        }
        if scanner.hasLoneSurrogate { throw Refusal(.encoding, "A \\u escape is half of a surrogate pair") }
        try Self.checkKeys(scanner)
        try self.checkSizes(scanner)
        try self.map(scanner)
        for field in MessageField.allCases {
            guard let index = self.mapping[field] else { continue }
            guard let text = scanner.window.text(of: scanner.members[index].value) else {
                self.values.removeAll()
                throw Refusal(.validation, "\(field.name) must be a text, not an object or array", field: field.name)
            }
            self.values[field] = text
        }
    }

    private static func checkKeys(_ scanner: JSONScanner) throws(Refusal) {
        guard let index = Self.doubledKey(scanner) else { return }
        let name = scanner.window.unescaped(scanner.members[index].key)
        throw Refusal(
            .validation, "The key \(String(decoding: name, as: UTF8.self).quotedBriefly) is given twice",
            field: MessageField.named(name)?.field.name)
    }

    /// The index of the first member whose key an earlier one has.
    private static func doubledKey(_ scanner: JSONScanner) -> Int? {
        guard scanner.members.count <= 16 else {
            var seen: Set<[UInt8]> = []
            return scanner.members.firstIndex { !seen.insert(scanner.window.unescaped($0.key)).inserted }
        }
        return scanner.members.indices.first { index in
            scanner.members[..<index].contains { scanner.window.isSameKey($0.key, scanner.members[index].key) }
        }
    }

    private func checkSizes(_ scanner: JSONScanner) throws(Refusal) {
        for member in scanner.members where member.value.range.count > self.maximumField {
            if member.value.kind == .string, scanner.window.unescaped(member.value).count <= self.maximumField {
                continue
            }
            let name = scanner.window.unescaped(member.key)
            throw Refusal(
                .tooLarge,
                "The value of \(String(decoding: name, as: UTF8.self).quotedBriefly) is longer than "
                    + "\(self.maximumField) bytes",
                field: MessageField.named(name)?.field.name)
        }
    }

    private mutating func map(_ scanner: JSONScanner) throws(Refusal) {
        self.mapping.removeAll()
        for (index, member) in scanner.members.enumerated() where member.value.kind != .null {
            if member.key.hasEscapes {
                self.mapping.add(scanner.window.unescaped(member.key), at: index)
            } else {
                self.mapping.add(scanner.window.slice(member.key.range), at: index)
            }
        }
        guard let (field, first, second) = self.mapping.clash else { return }
        let names = [first, second].map { scanner.window.text(of: scanner.members[$0].key) ?? "" }
        throw FieldMapping.refusal(field, names[0], names[1])
    }
}

extension FileWindow {
    fileprivate func isSameKey(_ first: JSONValue, _ second: JSONValue) -> Bool {
        guard !first.hasEscapes, !second.hasEscapes else { return self.unescaped(first) == self.unescaped(second) }
        return first.range.count == second.range.count && self.slice(first.range) == self.slice(second.range)
    }
}
