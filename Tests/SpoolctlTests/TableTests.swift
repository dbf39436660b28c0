import SpoolCore
import Testing

@testable import spoolctl

struct TableTests {
    private let columns: [Table.Column] = [
        .init("ID", "id", .right), .init("NAME", "name"), .moment("SENT", "sentAt"), .init("REF", "ref"),
    ]

    @Test func `columns are as wide as their widest cell, and what is unknown is a dash`() {
        var table = Table(self.columns)
        let lines = table.lines([
            ["id": 7, "name": "Ann", "sentAt": "2026-11-21T10:42:00.000Z", "ref": .null],
            ["id": 12_345, "name": "Łukasz", "sentAt": .null, "ref": "a b"],
            ["id": 8, "name": "", "ref": ""],
        ])
        #expect(
            lines == [
                "   ID  NAME    SENT                  REF",
                "    7  Ann     2026-11-21 10:42:00Z  -",
                "12345  Łukasz  -                     a b",
                "    8  -       -                     -",
            ])
    }

    @Test func `later rows keep the widths of the first and get no second header`() {
        var table = Table([.init("ID", "id", .right), .init("NAME", "name"), .init("X", "x")])
        _ = table.lines([["id": 100, "name": "Ann"]])
        #expect(
            table.lines([["id": 1, "name": "B"], ["id": 1234, "name": "Barbara"]])
                == ["  1  B     -", "1234  Barbara  -"])
    }

    @Test func `an empty list has a header`() {
        var table = Table(self.columns)
        #expect(table.lines([]) == ["ID  NAME  SENT  REF"])
    }

    @Test func `a cell cannot break out of its line`() {
        var table = Table([.init("NAME", "name")])
        #expect(table.lines([["name": "a\nb\u{1B}[2J"]]) == ["NAME", "a\\u{A}b\\u{1B}[2J"])
    }

    @Test func `an error is shown with its code`() {
        var table = Table(Columns.history)
        let lines = table.lines([
            ["queueId": 1, "errorCode": "EXPIRED", "error": "Too late"], ["errorCode": "REJECTED"],
        ])
        #expect(
            lines.dropFirst().map { $0.hasSuffix("  Too late (EXPIRED)") || $0.hasSuffix("  REJECTED") } == [
                true, true,
            ])
    }

    @Test func `an administrator's key is told from a user's`() {
        var table = Table(Columns.keys)
        let lines = table.lines([["id": 1, "name": "a", "user": .null], ["id": 2, "name": "b", "user": "ann"]])
        #expect(lines[1].contains("(admin)"))
        #expect(lines[2].contains("ann"))
    }
}
