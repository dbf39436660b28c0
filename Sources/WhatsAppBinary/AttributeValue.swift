/// What stands behind an attribute's key. There are no numbers or booleans: they are decimal text, `true` and `false`.
public enum AttributeValue: Hashable, Sendable {
    case string(String)
    /// An address in its byte form. The same address as text would be another encoding, which servers do not expect.
    case jid(JID)

    public static func integer(_ number: some FixedWidthInteger) -> AttributeValue { .string(String(number)) }

    public var string: String {
        switch self {
        case .string(let text): text
        case .jid(let jid): jid.description
        }
    }

    /// The JID, also of its text form: some clients write `s.whatsapp.net` as text.
    public var jid: JID? {
        switch self {
        case .string(let text): try? JID(text)
        case .jid(let jid): jid
        }
    }

    /// The decimal number; `nil` for a leading `+`, spaces, or a number the type has no room for.
    public func integer<Number: FixedWidthInteger>(as type: Number.Type = Number.self) -> Number? {
        guard case .string(let text) = self, text.utf8.first != UInt8(ascii: "+") else { return nil }
        return Number(text)
    }
}

extension AttributeValue: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self = .string(value)
    }
}
