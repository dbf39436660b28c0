/// The percent-encoding of paths and queries (RFC 3986).
enum PercentEncoding {
    /// The same text in ASCII: bytes that a URL cannot hold become `%XX`, what is encoded already stays.
    /// - Throws: `characters` for a percent sign without two hexadecimal digits behind it.
    static func normalized(_ bytes: ArraySlice<UInt8>) throws(URLFault) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                let digits = bytes[index...].dropFirst().prefix(2)
                guard digits.count == 2, digits.allSatisfy({ ASCII.hexadecimal($0) != nil }) else { throw .characters }
            }
            if Self.isAllowed(byte) { result.append(byte) } else { result += Self.encoded(byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text behind the encoding; bytes that are not UTF-8 become replacement characters.
    static func decoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = ASCII.hexadecimal(bytes[index + 1]), let low = ASCII.hexadecimal(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || Self.marks.contains(byte)
    }

    private static let marks = Set("-._~!$&'()*+,;=:@/?%".utf8)

    private static func encoded(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
