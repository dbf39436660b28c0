import SpoolTestSupport
import Testing

@testable import WhatsAppBinary

@Suite struct PackedStringTests {
    @Test(arguments: [
        ("12", "ff0112"), ("123", "ff82123f"), ("-.", "ff01ab"), ("1.2-3", "ff831b2a3f"), ("AB", "fb01ab"),
        ("ABC", "fb82abcf"), ("A", "fb81af"), ("3EB0AA", "fb033eb0aa"), ("F", "fb81ff"),
    ])
    func `a text packs to known bytes and back`(text: String, packed: String) throws {
        #expect(self.pack(text)?.hex == packed)
        #expect(try self.unpack([UInt8](hex: packed) ?? []) == text)
    }

    @Test func `every length from 1 to 127 packs and comes back`() throws {
        for length in 1...127 {
            for characters in ["0123456789-.", "0123456789ABCDEF"] {
                let text = String((0..<length).map { Array(characters)[(length + $0 * 7) % characters.count] })
                let packed = try #require(self.pack(text))
                #expect(packed.count == 2 + (length + 1) / 2)
                #expect(try self.unpack(packed) == text)
            }
        }
    }

    @Test(arguments: ["", String(repeating: "1", count: 128), "abc", "1a", "G", "1-A", "1.F", " ", "é", "1\u{0}"])
    func `other texts are not packed`(text: String) {
        #expect(self.pack(text) == nil)
    }

    @Test func `254 packed characters are read`() throws {
        let packed = [255, 127] + [UInt8](repeating: 0x12, count: 127)
        #expect(try self.unpack(packed) == String(repeating: "12", count: 127))
    }

    @Test func `no packed bytes are the empty text, odd or not`() throws {
        #expect(try self.unpack([255, 0]) == "")
        #expect(try self.unpack([251, 0x80]) == "")
    }

    @Test func `a digit without character is refused where it is`() {
        for digit in [12, 13, 14, 15] as [UInt8] {
            #expect(throws: BinaryError.invalidDigit(digit, offset: 3)) { try self.unpack([255, 2, 0x11, digit << 4]) }
            #expect(throws: BinaryError.invalidDigit(digit, offset: 2)) { try self.unpack([255, 1, 0x10 | digit]) }
        }
    }

    private func pack(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            guard let alphabet = PackedString.alphabet(of: bytes) else { return nil }
            var output: [UInt8] = []
            PackedString.append(bytes, in: alphabet, to: &output)
            return output
        }
    }

    private func unpack(_ bytes: [UInt8]) throws -> String {
        try bytes.dropFirst(2).withUnsafeBufferPointer { packed in
            try PackedString.text(
                of: packed, isOdd: bytes[1] & 0x80 != 0, in: bytes[0] == 255 ? .nibbles : .hex, offset: 2)
        }
    }
}
