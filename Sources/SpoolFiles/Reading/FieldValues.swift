/// The texts that one record gives for the message fields; empty counts as missing.
struct FieldValues: Sendable {
    private var texts = [String?](repeating: nil, count: MessageField.allCases.count)

    subscript(field: MessageField) -> String? {
        get { self.texts[field.rawValue] }
        set { self.texts[field.rawValue] = newValue?.isEmpty == true ? nil : newValue }
    }

    mutating func removeAll() {
        for index in self.texts.indices { self.texts[index] = nil }
    }
}
