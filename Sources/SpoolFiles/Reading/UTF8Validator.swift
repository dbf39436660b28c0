/// Checks a stream of bytes for well-formed UTF-8 without NUL, piece by piece.
///
/// Source of the ranges: The Unicode Standard, table 3-7.
struct UTF8Validator: Sendable {
    /// What is wrong with the byte at which `check` stopped.
    enum Fault: Equatable, Sendable {
        case malformed
        case nul
    }

    /// Bytes that the character under way has and still needs.
    private var present = 0
    private var missing = 0
    /// What its next byte may be.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the bytes so far end in the middle of a character.
    var isInsideCharacter: Bool { self.missing > 0 }

    /// The index of the first bad character of a piece, or `nil`; negative when it started in an earlier piece.
    mutating func check(_ bytes: UnsafeRawBufferPointer) -> (index: Int, fault: Fault)? {
        var index = 0
        while index < bytes.count {
            if self.missing == 0 {
                index = Self.skipASCII(bytes, from: index)
                guard index < bytes.count else { return nil }
            }
            let byte = bytes[index]
            if byte == 0 { return (index, .nul) }
            guard self.take(byte) else { return (index - self.present, .malformed) }
            index += 1
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        if self.missing > 0 {
            guard self.allowed.contains(byte) else { return false }
            self.missing -= 1
            self.present = self.missing == 0 ? 0 : self.present + 1
            self.allowed = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.missing = 1
        case 0xE0...0xEF: self.missing = 2
        case 0xF0...0xF4: self.missing = 3
        default: return false
        }
        self.present = self.missing > 0 ? 1 : 0
        switch byte {
        case 0xE0: self.allowed = 0xA0...0xBF
        case 0xED: self.allowed = 0x80...0x9F
        case 0xF0: self.allowed = 0x90...0xBF
        case 0xF4: self.allowed = 0x80...0x8F
        default: self.allowed = 0x80...0xBF
        }
        return true
    }

    /// Skips words of eight bytes that are all ASCII and not NUL.
    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index <= bytes.count - 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // Subtracting one from a zero byte borrows into its high bit.
            guard (word | (word &- ones)) & high == 0 else { break }
            index += 8
        }
        while index < bytes.count, bytes[index] > 0, bytes[index] < 0x80 { index += 1 }
        return index
    }
}
