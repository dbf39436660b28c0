import SpoolCore

/// Which column or key gives which message field: a field's own name before an alias.
struct FieldMapping: Sendable {
    private var owners = [Int?](repeating: nil, count: MessageField.allCases.count)
    private var aliases = [Int?](repeating: nil, count: MessageField.allCases.count)
    private var doubledOwners: [(MessageField, Int, Int)] = []
    private var doubledAliases: [(MessageField, Int, Int)] = []

    /// Notes that the column or key at `position` has this name.
    mutating func add(_ name: some Sequence<UInt8>, at position: Int) {
        guard let (field, isOwnName) = MessageField.named(name) else { return }
        if isOwnName {
            if let first = self.owners[field.rawValue] { self.doubledOwners.append((field, first, position)) }
            self.owners[field.rawValue] = position
        } else {
            if let first = self.aliases[field.rawValue] { self.doubledAliases.append((field, first, position)) }
            self.aliases[field.rawValue] = position
        }
    }

    /// Two names for one field between which nothing decides.
    var clash: (field: MessageField, first: Int, second: Int)? {
        if let (field, first, second) = self.doubledOwners.first { return (field, first, second) }
        for (field, first, second) in self.doubledAliases where self.owners[field.rawValue] == nil {
            return (field, first, second)
        }
        return nil
    }

    /// Where the field's value stands.
    subscript(field: MessageField) -> Int? {
        self.owners[field.rawValue] ?? self.aliases[field.rawValue]
    }

    mutating func removeAll() {
        for index in self.owners.indices {
            self.owners[index] = nil
            self.aliases[index] = nil
        }
        self.doubledOwners.removeAll(keepingCapacity: true)
        self.doubledAliases.removeAll(keepingCapacity: true)
    }

    /// What to say about two names for one field.
    static func refusal(_ field: MessageField, _ first: String, _ second: String) -> Refusal {
        Refusal(
            .validation,
            "\(first.quotedBriefly) and \(second.quotedBriefly) both give the field \(field.name): keep one",
            field: field.name)
    }
}

extension String {
    /// The text in quotation marks, cut to a length fit for an answer.
    var quotedBriefly: String {
        let scalars = self.unicodeScalars
        let short = scalars.prefix(32)
        return "\"" + String(String.UnicodeScalarView(short)) + (short.endIndex == scalars.endIndex ? "" : "…") + "\""
    }
}
