/// Tells text from everything else.
enum TextRule {
    /// Whether the bytes are text in UTF-8, in UTF-16 with a byte order mark, or in some one-byte encoding.
    /// - Parameter isWhole: Whether the text ends here; else the last character may be cut.
    static func isText(_ bytes: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
        guard !bytes.isEmpty else { return false }
        if bytes.starts(with: [0xFF, 0xFE]) { return Self.isUTF16(bytes.dropFirst(2), lowByteFirst: true) }
        if bytes.starts(with: [0xFE, 0xFF]) { return Self.isUTF16(bytes.dropFirst(2), lowByteFirst: false) }
        guard bytes.allSatisfy(Self.isTextByte) else { return false }
        if Self.isUTF8(bytes) || !isWhole && (1...3).contains(where: { Self.isUTF8(bytes.dropLast($0)) }) {
            return true
        }
        // Of the one-byte encodings of text, none has mostly letters beyond ASCII and no space or line end.
        return bytes.contains(0x20) || bytes.contains(0x0A)
    }

    /// Whether the text is HTML: the answer of many a server that does not have the file.
    static func isWebPage(_ bytes: [UInt8]) -> Bool {
        let withoutMark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let start = withoutMark.drop { $0 <= 0x20 }.prefix(16).map { ASCII.lowercased($0) }
        return start.starts(with: Array("<!doctype html".utf8)) || start.starts(with: Array("<html".utf8))
    }

    private static func isTextByte(_ byte: UInt8) -> Bool {
        // Tab, line feed, vertical tab, form feed, carriage return, DOS end of file, escape.
        byte >= 0x20 && byte != 0x7F || (0x09...0x0D).contains(byte) || byte == 0x1A || byte == 0x1B
    }

    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    private static func isUTF16(_ bytes: ArraySlice<UInt8>, lowByteFirst: Bool) -> Bool {
        guard bytes.count % 2 == 0 else { return false }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let low = bytes[lowByteFirst ? index : index + 1]
            let high = bytes[lowByteFirst ? index + 1 : index]
            if high == 0, !Self.isTextByte(low) { return false }
            index += 2
        }
        return true
    }
}
