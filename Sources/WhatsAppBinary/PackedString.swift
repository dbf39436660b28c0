/// Two characters in a byte: digits with `-` and `.`, or upper-case hexadecimal digits. Both alphabets share this shape:
/// tag, number of packed bytes with bit 7 set for an odd length, the bytes; the last low half of an odd length is 15.
enum PackedString {
    /// The most characters an encoder packs. A decoder meets up to 254.
    static let maximumLength = 127

    enum Alphabet {
        case nibbles, hex

        var tag: UInt8 {
            switch self {
            case .nibbles: WireTag.packedNibbles
            case .hex: WireTag.packedHex
            }
        }
    }

    /// The alphabet that has all of the text's characters, nibbles first; `nil` when none has or the length is wrong.
    static func alphabet(of text: UnsafeBufferPointer<UInt8>) -> Alphabet? {
        guard 1...self.maximumLength ~= text.count else { return nil }
        var common: UInt8 = self.isNibble | self.isHex
        for byte in text {
            common &= self.membership(of: byte)
            if common == 0 { return nil }
        }
        return common & self.isNibble != 0 ? .nibbles : .hex
    }

    /// Appends tag, length and packed bytes of a text whose characters are all in the alphabet.
    static func append(_ text: UnsafeBufferPointer<UInt8>, in alphabet: Alphabet, to output: inout [UInt8]) {
        let isOdd = text.count & 1 == 1
        output.append(alphabet.tag)
        output.append(UInt8((text.count + 1) / 2) | (isOdd ? 0x80 : 0))
        var index = 0
        while index + 1 < text.count {
            output.append(self.digit(of: text[index]) << 4 | self.digit(of: text[index + 1]))
            index += 2
        }
        if isOdd { output.append(self.digit(of: text[index]) << 4 | 0x0F) }
    }

    /// The text of packed bytes. `offset` is where they start, for errors.
    static func text(
        of packed: UnsafeBufferPointer<UInt8>, isOdd: Bool, in alphabet: Alphabet, offset: Int
    ) throws(BinaryError) -> String {
        let count = Swift.max(packed.count * 2 - (isOdd ? 1 : 0), 0)
        var invalid: Int?
        let text = String(unsafeUninitializedCapacity: count) { characters in
            for index in 0..<count {
                let byte = packed[index >> 1]
                let digit = index & 1 == 0 ? byte >> 4 : byte & 0x0F
                guard let character = self.character(of: digit, in: alphabet) else {
                    invalid = index
                    return 0
                }
                characters[index] = character
            }
            return count
        }
        if let invalid {
            let byte = packed[invalid >> 1]
            throw .invalidDigit(invalid & 1 == 0 ? byte >> 4 : byte & 0x0F, offset: offset + invalid >> 1)
        }
        return text
    }

    private static let isNibble: UInt8 = 1
    private static let isHex: UInt8 = 2

    private static func membership(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self.isNibble | self.isHex
        case UInt8(ascii: "-"), UInt8(ascii: "."): self.isNibble
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self.isHex
        default: 0
        }
    }

    private static func digit(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "-"): 10
        case UInt8(ascii: "."): 11
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: byte & 0x0F
        }
    }

    private static func character(of digit: UInt8, in alphabet: Alphabet) -> UInt8? {
        switch (alphabet, digit) {
        case (_, 0...9): UInt8(ascii: "0") + digit
        case (.hex, _): UInt8(ascii: "A") + digit - 10
        case (.nibbles, 10): UInt8(ascii: "-")
        case (.nibbles, 11): UInt8(ascii: ".")
        case (.nibbles, _): nil
        }
    }
}
