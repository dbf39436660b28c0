/// The name of a drop file, kept byte-exact: names on disk need not be UTF-8.
///
/// The printable form percent-encodes `%`, control characters and bytes that are not UTF-8, so it is reversible, safe
/// in logs and JSON, and the same as the name itself for every ordinary name.
public struct DropFileName: Hashable, Sendable, CustomStringConvertible {
    /// The name's bytes, without `/` and NUL.
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A name given as text.
    public init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    /// Reads the printable form back; a `%` that no two hexadecimal digits follow stands for itself.
    public init(printable: String) {
        let source = Array(printable.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let high = Self.hexValue(source[index + 1]), let low = Self.hexValue(source[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        self.bytes = bytes
    }

    public var description: String {
        var result = ""
        var rest = self.bytes[...]
        while !rest.isEmpty {
            let length = Self.scalarLength(rest)
            let isPlain =
                length > 1
                || (length == 1 && rest.first.map { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "%") } ?? false)
            if isPlain {
                result += String(decoding: rest.prefix(length), as: UTF8.self)
                rest = rest.dropFirst(length)
            } else if let byte = rest.popFirst() {
                result += "%" + Self.hexDigits(byte)
            }
        }
        return result
    }

    /// The number of bytes of the valid UTF-8 scalar at the start of `bytes`, or 0.
    private static func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        let length =
            switch first {
            case 0x00...0x7F: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard length > 0, bytes.count >= length else { return 0 }
        return String(validating: bytes.prefix(length), as: UTF8.self) == nil ? 0 : length
    }

    private static func hexDigits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + text : text
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
