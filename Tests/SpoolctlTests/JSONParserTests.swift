import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolControl

struct JSONParserTests {
    private func parse(_ text: String) throws(JSONParser.Fault) -> JSONValue {
        try JSONParser.value(Array(text.utf8))
    }

    @Test func `every kind of value is read, keys in their order`() throws {
        let text = #" { "b" : [ 1 , -20, true, false, null, "ü" ], "a" : { } , "c":[] } "#
        #expect(
            try self.parse(text) == ["b": [1, -20, true, false, .null, "ü"], "a": .object([]), "c": []])
    }

    @Test func `escapes are undone`() throws {
        #expect(try self.parse(#""\"\\\/\b\f\n\r\t\u00fC\ud83D\uDC4d""#) == "\"\\/\u{8}\u{C}\n\r\tü👍")
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "tru", "nulll", "1 2", "1.5", "1e3",
        "+1",
        "-", "99999999999999999999", "\"a", "\"\n\"", #""\x""#, #""\u12""#, #""\ud83d""#, #""\ud83d\u0041""#,
        #""\udc4d""#,
    ])
    func `anything else is a fault`(text: String) {
        #expect(throws: JSONParser.Fault.self) { try self.parse(text) }
    }

    @Test func `bytes that are no UTF-8 are a fault`() {
        #expect(throws: JSONParser.Fault(reason: "not UTF-8", offset: 3)) { try JSONParser.value([0x22, 0xFF, 0x22]) }
    }

    @Test func `nesting is bounded`() throws {
        let deep = JSONParser.maximumDepth
        _ = try self.parse(String(repeating: "[", count: deep - 1) + "1" + String(repeating: "]", count: deep - 1))
        #expect(throws: JSONParser.Fault.self) { try self.parse(String(repeating: "[", count: 100_000)) }
    }

    @Test func `what is written is read back, and damage never traps`() throws {
        var generator = SeededGenerator(seed: 20_261_121)
        for _ in 0..<200 {
            let value = Self.value(depth: 0, &generator)
            var bytes = Array(value.text.utf8)
            #expect(try JSONParser.value(bytes) == value)
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let damaged = try? JSONParser.value(bytes)
            if let damaged { #expect(try JSONParser.value(Array(damaged.text.utf8)) == damaged) }
        }
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth < 4 ? 6 : 4), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3, 4:
            let scalars = (0..<Int.random(in: 0...5, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator))
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in Self.value(depth: depth + 1, &generator) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &generator)).map { index in
                    .init("k\(index)", Self.value(depth: depth + 1, &generator))
                })
        }
    }
}
