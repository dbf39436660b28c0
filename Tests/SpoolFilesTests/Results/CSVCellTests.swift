import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

struct CSVCellTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a;b", "\"a;b\""), ("a,b", "a,b"), ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("two\nlines", "\"two\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"),
        ("\tx", "'\tx"), ("\rx", "\"'\rx\""), ("=\"x\"", "\"'=\"\"x\"\"\""),
    ])
    func `a cell is quoted where it must be and never runs as a formula`(text: String, cell: String) {
        let bytes = CSVCell(delimiter: UInt8(ascii: ";")).bytes(text, isGuarded: true)
        #expect(String(decoding: bytes, as: UTF8.self) == cell)
    }

    @Test func `a cell of the client's is never guarded`() {
        let bytes = CSVCell(delimiter: UInt8(ascii: ",")).appended("=1+1", isGuarded: false)
        #expect(String(decoding: bytes, as: UTF8.self) == ",=1+1")
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_257_720_001, "2026-11-21T10:42:00.001Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `times are RFC 3339 in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(Date(milliseconds: milliseconds)) == text)
    }

    @Test func `JSON strings escape what must be escaped`() {
        #expect(JSONString.quoted("a\"b\\c\n\r\t\u{1}\u{1F}é😀/") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001fé😀/\"")
    }
}
