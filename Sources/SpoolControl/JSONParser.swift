import SpoolCore

/// Reads JSON into `JSONValue`, keeping the order of keys; numbers must be integers, as in every answer of the daemon.
///
/// Total: any bytes give a value or an error, and nesting is bounded.
enum JSONParser {
    /// Why bytes are no JSON.
    struct Fault: Error, Equatable, CustomStringConvertible {
        var reason: String
        /// Bytes before the fault.
        var offset: Int

        var description: String { "\(self.reason) at byte \(self.offset)" }
    }

    static let maximumDepth = 32

    static func value(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
        var input = Input(bytes: bytes)
        let value = try input.value(depth: 0)
        input.skipSpace()
        guard input.index == bytes.count else { throw input.fault("something follows the value") }
        return value
    }

    private struct Input {
        let bytes: [UInt8]
        var index = 0

        func fault(_ reason: String) -> Fault { Fault(reason: reason, offset: self.index) }

        var next: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

        mutating func skipSpace() {
            while let byte = self.next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.index += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            self.skipSpace()
            guard self.next == UInt8(ascii: character) else { return false }
            self.index += 1
            return true
        }

        mutating func value(depth: Int) throws(Fault) -> JSONValue {
            guard depth < JSONParser.maximumDepth else { throw self.fault("it is nested too deeply") }
            self.skipSpace()
            switch self.next {
            case UInt8(ascii: "{"): return try self.object(depth: depth)
            case UInt8(ascii: "["): return try self.array(depth: depth)
            case UInt8(ascii: "\""): return .string(try self.string())
            case UInt8(ascii: "t"): return try self.word("true", .bool(true))
            case UInt8(ascii: "f"): return try self.word("false", .bool(false))
            case UInt8(ascii: "n"): return try self.word("null", .null)
            case nil: throw self.fault("it ends too early")
            default: return try self.integer()
            }
        }

        mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
            guard self.bytes[self.index...].starts(with: word.utf8) else { throw self.fault("unknown word") }
            self.index += word.utf8.count
            return value
        }

        mutating func integer() throws(Fault) -> JSONValue {
            let rest = self.bytes[self.index...]
            let text = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "-+.eE".utf8.contains($0) }
            guard text.first != UInt8(ascii: "+"), let number = Int64(String(decoding: text, as: UTF8.self)) else {
                throw self.fault("not a value or a number that is not whole")
            }
            self.index += text.count
            return .integer(number)
        }

        mutating func array(depth: Int) throws(Fault) -> JSONValue {
            self.index += 1
            var elements: [JSONValue] = []
            if self.take("]") { return .array(elements) }
            repeat {
                elements.append(try self.value(depth: depth + 1))
            } while self.take(",")
            guard self.take("]") else { throw self.fault("expected , or ]") }
            return .array(elements)
        }

        mutating func object(depth: Int) throws(Fault) -> JSONValue {
            self.index += 1
            var members: [JSONValue.Member] = []
            if self.take("}") { return .object(members) }
            repeat {
                self.skipSpace()
                guard self.next == UInt8(ascii: "\"") else { throw self.fault("expected a key") }
                let key = try self.string()
                guard self.take(":") else { throw self.fault("expected :") }
                members.append(.init(key, try self.value(depth: depth + 1)))
            } while self.take(",")
            guard self.take("}") else { throw self.fault("expected , or }") }
            return .object(members)
        }

        mutating func string() throws(Fault) -> String {
            self.index += 1
            var text: [UInt8] = []
            while let byte = self.next {
                switch byte {
                case UInt8(ascii: "\""):
                    self.index += 1
                    guard let result = String(validating: text, as: UTF8.self) else { throw self.fault("not UTF-8") }
                    return result
                case UInt8(ascii: "\\"):
                    self.index += 1
                    text += Array(String(try self.escape()).utf8)
                case 0..<0x20: throw self.fault("a control character in a text")
                default:
                    text.append(byte)
                    self.index += 1
                }
            }
            throw self.fault("it ends inside a text")
        }

        mutating func escape() throws(Fault) -> Unicode.Scalar {
            guard let byte = self.next else { throw self.fault("it ends inside a text") }
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{C}"
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "u"): return try self.unicodeEscape()
            default: throw self.fault("unknown escape")
            }
        }

        mutating func unicodeEscape() throws(Fault) -> Unicode.Scalar {
            let first = try self.fourDigits()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard (0xD800...0xDBFF).contains(first), self.bytes[self.index...].starts(with: "\\u".utf8) else {
                throw self.fault("half of a surrogate pair")
            }
            self.index += 2
            let second = try self.fourDigits()
            guard (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else { throw self.fault("half of a surrogate pair") }
            return scalar
        }

        mutating func fourDigits() throws(Fault) -> UInt32 {
            let text = self.bytes[self.index...].prefix(4)
            guard text.count == 4, text.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let number = UInt32(String(decoding: text, as: UTF8.self), radix: 16)
            else { throw self.fault("expected four hexadecimal digits") }
            self.index += 4
            return number
        }
    }
}
