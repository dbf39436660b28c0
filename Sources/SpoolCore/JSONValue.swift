public import Foundation

/// A JSON value to be written, with the keys of objects in the order given.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One key of an object and its value.
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value as JSON on one line, no white space that is not needed.
    public var text: String {
        var result = ""
        self.write(to: &result)
        return result
    }

    private func write(to result: inout String) {
        switch self {
        case .null: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .integer(let value): result += String(value)
        case .string(let value): result += JSONString.quoted(value)
        case .array(let elements):
            result += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { result += "," }
                element.write(to: &result)
            }
            result += "]"
        case .object(let members):
            result += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { result += "," }
                result += JSONString.quoted(member.key) + ":"
                member.value.write(to: &result)
            }
            result += "}"
        }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension JSONValue {
    /// The text, or `null`.
    public static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    /// The number, or `null`.
    public static func number(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    /// The number of a message or batch, or `null`.
    public static func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    /// The moment as RFC 3339, or `null`.
    public static func moment(_ value: Date?) -> JSONValue { value.map { .string(RFC3339.text($0)) } ?? .null }

    /// An object with further members behind its own; not meant for any other value, which is returned as it is.
    public func adding(_ members: [Member]) -> JSONValue {
        guard case .object(let own) = self else { return self }
        return .object(own + members)
    }
}
