import SpoolTestSupport
import Testing

@testable import WhatsAppBinary

@Suite struct NodeDecoderTests {
    @Test(
        arguments: [
            ("", .emptyPayload), ("00", .truncated(offset: 0, missing: 1)),
            ("0019", .unexpectedByte(25, offset: 0, wanted: .node)),
            ("0000", .missingTag(offset: 0)), ("00f800", .missingTag(offset: 0)),
            ("00f801fc00", .missingTag(offset: 0)),
            ("00f80100", .unexpectedByte(0, offset: 2, wanted: .string)), ("00f8011900", .leftoverBytes(count: 1)),
            ("00f80219f4", .unexpectedByte(244, offset: 3, wanted: .content)),
            ("00f8031908f4", .unexpectedByte(244, offset: 4, wanted: .attributeValue)),
            ("00f8031908f801f80119", .unexpectedByte(248, offset: 4, wanted: .attributeValue)),
            ("00f80319fa000308", .unexpectedByte(250, offset: 3, wanted: .string)),
            ("00f80219fc0501", .truncated(offset: 5, missing: 4)),
            ("00f80219fe7fffffff01", .truncated(offset: 8, missing: 0x7FFF_FFFE)),
            ("00f80219feffffffff01", .truncated(offset: 8, missing: 0xFFFF_FFFE)),
            ("00f8031908fa0000", .unexpectedByte(0, offset: 6, wanted: .string)),
            ("00f8031908fa55fc00", .invalidJID(.missingServer)),
            ("00f8031908f70005fc00", .invalidJID(.missingUser)),
            ("00f8031908f6ff011200 0103", .invalidJID(.wrongServer)),
            ("00f8031908f5ff011200010002cc", .invalidJID(.wrongServer)),
            ("00f8031908fafc03314032 03", .invalidJID(.invalidByte(0x40))),
            ("00f8031908fafc03313a3203", .invalidJID(.invalidByte(0x3A))),
            ("00f8031908faff83312b3103", .invalidJID(.invalidByte(0x2E))),
            ("0201020304", .compressionFailed(code: -3)), ("02", .compressionFailed(code: -5)),
        ] as [(String, BinaryError)])
    func `an error says what and where`(payload: String, error: BinaryError) throws {
        let bytes = try #require([UInt8](hex: payload.filter { $0 != " " }))
        #expect(throws: error) { try NodeDecoder.decode(bytes) }
    }

    @Test func `an interop JID keeps its integrator`() throws {
        let jid = try JID(user: "abc", server: .interop, device: 1, integrator: 5)
        let encoded = try NodeEncoder.encode(Node("iq", ["id": .jid(jid)]))
        #expect(encoded.hex == "00f8031908f5fc0361626300010005fc07696e7465726f70")
        #expect(try NodeDecoder.decode(encoded).jid("id") == jid)
    }

    @Test func `an unknown domain byte stays as agent of a phone number`() throws {
        let node = try NodeDecoder.decode([0, 0xF8, 3, 0x19, 8, 0xF7, 7, 2, 0x55])
        #expect(node.string("id") == "1.7:2@s.whatsapp.net")
    }

    @Test func `of a three-byte length only 20 bits count`() throws {
        #expect(try NodeDecoder.decode([0, 0xF8, 2, 0x19, 0xFD, 0xF0, 0, 2, 9, 8]).content == .bytes([9, 8]))
    }

    @Test func `a JID as content is its text`() throws {
        #expect(try NodeDecoder.decode([0, 0xF8, 2, 0x19, 0xFA, 0x55, 0x76]).content == .text("1@lid"))
    }

    @Test func `an empty user is read in every form`() throws {
        for payload in ["00f8031908f7010000", "00f8031908f70100fc00", "00f8031908fa0076", "00f8031908fafc0076"] {
            #expect(try NodeDecoder.decode([UInt8](hex: payload) ?? []).string("id") == "lid")
        }
    }

    @Test func `text that is not UTF-8 is repaired`() throws {
        let node = try NodeDecoder.decode([0, 0xF8, 3, 0x19, 8, 0xFC, 2, 0x61, 0xFF])
        #expect(node.string("id") == "a\u{FFFD}")
    }

    @Test func `other bits of the flag byte are ignored`() throws {
        #expect(try NodeDecoder.decode([0xFD, 0xF8, 1, 0x19]) == Node("iq"))
        let compressed = try NodeEncoder.encodeCompressed(Node("iq"))
        #expect(try NodeDecoder.decode([0xFF] + compressed.dropFirst()) == Node("iq"))
    }

    @Test func `nesting ends at 64`() {
        let deepest = [0] + self.repeated([0xF8, 2, 0x19, 0xF8, 1], 63) + [0xF8, 1, 0x19]
        #expect(throws: Never.self) { try NodeDecoder.decode(deepest) }
        let deeper = [0] + self.repeated([0xF8, 2, 0x19, 0xF8, 1], 100_000)
        #expect(throws: BinaryError.nestingTooDeep(limit: 64)) { try NodeDecoder.decode(deeper) }
    }

    @Test func `announced items that are not there cost nothing`() {
        #expect(throws: BinaryError.truncated(offset: 3, missing: 1)) { try NodeDecoder.decode([0, 0xF9, 0xFF, 0xFF]) }
        let nested = [0] + self.repeated([0xF8, 2, 0x19, 0xF9, 0xFF, 0xFF], 63)
        #expect(throws: BinaryError.self) { try NodeDecoder.decode(nested) }
    }

    @Test func `a payload of countless small attributes is refused`() throws {
        let full = [0xF9, 0xFF, 0xFF, 0x19] + self.repeated([8, 0], 32767)
        let oneLess = [0xF9, 0xFF, 0xFD, 0x19] + self.repeated([8, 0], 32766)
        let root: [UInt8] = [0, 0xF8, 2, 0x19, 0xF8, 8]
        // With the root and its eight children, exactly as many elements as there may be, then one more.
        #expect(try NodeDecoder.decode(root + self.repeated(full, 7) + oneLess).children.count == 8)
        #expect(throws: BinaryError.tooManyElements(limit: 1 << 18)) {
            try NodeDecoder.decode(root + self.repeated(full, 8))
        }
    }

    @Test func `a compressed payload may grow to the limit and no further`() throws {
        let limit = NodeDecoder.maximumInflatedLength
        let fits = try NodeEncoder.encodeCompressed(
            Node("iq", bytes: [UInt8](repeating: 0, count: limit - 8)), level: 1)
        #expect(try NodeDecoder.decode(fits).bytes?.count == limit - 8)
        let bomb = try [2] + Zlib.deflate([UInt8](repeating: 0, count: limit + 1), level: 1)
        #expect(throws: BinaryError.inflatedTooLarge(limit: limit)) { try NodeDecoder.decode(bomb) }
    }

    @Test func `inflating stops where the limit is passed`() throws {
        let stream = try Zlib.deflate([UInt8](repeating: 0, count: 5000), level: 9)
        for limit in [0, 1, 100, 4096, 4999] {
            #expect(throws: BinaryError.inflatedTooLarge(limit: limit)) { try Zlib.inflate(stream[...], limit: limit) }
        }
        #expect(try Zlib.inflate(stream[...], limit: 5000).count == 5000)
        #expect(try Zlib.inflate(stream[...], limit: 1 << 20).count == 5000)
    }

    @Test func `a compressed stream ends with the payload`() throws {
        let stream = try NodeEncoder.encodeCompressed(Node("iq"))
        #expect(throws: BinaryError.compressionFailed(code: -3)) { try NodeDecoder.decode(stream + [0]) }
        for count in 1..<stream.count {
            #expect(throws: BinaryError.compressionFailed(code: -5)) { try NodeDecoder.decode(Array(stream[..<count])) }
        }
        // Header bit 5 of the second byte asks for a preset dictionary.
        #expect(throws: BinaryError.compressionFailed(code: 2)) { try NodeDecoder.decode([2, 0x78, 0xBB, 0, 0, 0, 1]) }
    }

    private func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
        Array(repeatElement(bytes, count: count).joined())
    }
}
