import SpoolCore

/// One value in a JSON text, as indices into the window.
struct JSONValue: Sendable {
    enum Kind: Sendable {
        case object, array, string, number, boolean, null
    }

    var kind: Kind
    /// The raw value; a string's quotes are not in it.
    var range: Range<Int>
    /// Whether a string is written with escapes.
    var hasEscapes = false
}

/// One member of an object.
struct JSONMember: Sendable {
    var key: JSONValue
    var value: JSONValue
}

/// Why a JSON text cannot be read on.
enum JSONFault: Error {
    /// The file itself: it cannot be read, or the value is too large.
    case file(DropFileError)
    /// The text ends inside a value.
    case end
    case syntax(String, index: Int)
}

extension FileWindow {
    /// The bytes that a string stands for.
    ///
    /// Total: what the scanner has let pass as a lone surrogate becomes U+FFFD.
    func unescaped(_ string: JSONValue) -> [UInt8] {
        let source = self.slice(string.range)
        guard string.hasEscapes else { return Array(source) }
        var result: [UInt8] = []
        var rest = source
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch letter {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): result.append(contentsOf: Self.scalar(&rest).utf8Bytes)
            default: result.append(letter)
            }
        }
        return result
    }

    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar {
        guard let unit = Self.hexUnit(&rest) else { return "\u{FFFD}" }
        guard (0xD800...0xDBFF).contains(unit), rest.starts(with: "\\u".utf8) else {
            return Unicode.Scalar(unit) ?? "\u{FFFD}"
        }
        var following = rest.dropFirst(2)
        guard let low = Self.hexUnit(&following), (0xDC00...0xDFFF).contains(low) else { return "\u{FFFD}" }
        rest = following
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private static func hexUnit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4, let unit = UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else {
            return nil
        }
        rest = rest.dropFirst(4)
        return unit
    }

    /// The text of a scalar value: what a string says, else the value as it is written; `nil` for `null` and for
    /// objects and arrays.
    func text(of value: JSONValue) -> String? {
        switch value.kind {
        case .string:
            value.hasEscapes
                ? String(decoding: self.unescaped(value), as: UTF8.self) : self.text(value.range)
        case .number, .boolean: self.text(value.range)
        case .object, .array, .null: nil
        }
    }
}

extension Unicode.Scalar {
    fileprivate var utf8Bytes: [UInt8] { Array(String(self).utf8) }
}
