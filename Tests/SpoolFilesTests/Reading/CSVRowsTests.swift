import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

struct CSVRowsTests {
    @Test(arguments: [",", ";", "\t", "|"])
    func `the header tells the delimiter`(delimiter: String) {
        let text =
            ["number", "message", "note"].joined(separator: delimiter) + "\n"
            + ["15550100001", "\"a,b;c\td|e\"", ""].joined(separator: delimiter) + "\n"
        #expect(Reading(text, .csv).summary == ["2 15550100001 a,b;c\td|e"])
    }

    @Test func `a delimiter in quotes does not count, and a comma wins a tie`() {
        #expect(Reading("\"a;b;c\",number,message\n;,15550100001,Hi\n", .csv).summary == ["2 15550100001 Hi"])
        #expect(Reading("number,a;b,message;c\n15550100001,;,Hi\n", .csv).refusals.map(\.field) == ["message"])
    }

    @Test func `a sep line names the delimiter`() {
        #expect(Reading("sep=;\nnumber;message;a,b,c,d\n15550100001;Hi;\n", .csv).summary == ["3 15550100001 Hi"])
        #expect(Reading("sep=x\nnumber;message\n", .csv).error?.line == 1)
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `every line end ends a record, and quoted ones are text`(end: String) {
        let text =
            "\u{FEFF}number,message\(end)15550100001,\"a\(end)b\"\(end)\(end)  \(end)15550100002,c\(end)15550100003,d"
        #expect(Reading(text, .csv).summary == ["2 15550100001 a\(end)b", "6 15550100002 c", "7 15550100003 d"])
    }

    @Test(arguments: [
        ("15550100001,\"say \"\"hi\"\"\"", "2 15550100001 say \"hi\""),
        ("15550100001,\"\"\"\"", "2 15550100001 \""),
        ("15550100001,5\" screen", "2 15550100001 5\" screen"),
        ("15550100001, \"a\"", "2 15550100001  \"a\""),
        ("=\"15550100001\",Hi", "2 15550100001 Hi"),
        ("\"15550100001\",\"Hi\",,", "2 15550100001 Hi"),
        ("15550100001,Hi,,,", "2 15550100001 Hi"),
        ("15550100001", "2 VALIDATION_ERROR message"),
        (",Hi", "2 VALIDATION_ERROR number"),
        ("15550100001,Hello, world", "2 15550100001 Hello"),
        ("15550100001,Hello,, world", "2 EXTRA_COLUMNS -"),
        ("15550100001,\"Hi\" there,", "2 VALIDATION_ERROR -"),
        ("15550100001,\"Hi\" ,", "2 VALIDATION_ERROR -"),
        ("1.55E+10,Hi", "2 NUMBER_SCIENTIFIC number"),
    ])
    func `a row is taken or refused by itself`(row: String, summary: String) {
        let reading = Reading("number,message,note\n\(row)\n15550100002,next\n", .csv)
        #expect(reading.summary == [summary, "3 15550100002 next"])
        #expect(reading.rows.map(\.record) == [1, 2])
        #expect(reading.error == nil)
    }

    @Test(arguments: [
        ("number,to,message\n15550100001,15550100002,Hi\n", "2 15550100001 Hi"),
        ("to,number,message\n15550100001,15550100002,Hi\n", "2 15550100002 Hi"),
        ("to,phone,number,message\n1,2,15550100002,Hi\n", "2 15550100002 Hi"),
        ("number,message,errorCode,error\n15550100001,Hi,TOO_LARGE,old\n", "2 15550100001 Hi"),
        ("number,message,a,a,,\n15550100001,Hi,1,2,3,4\n", "2 15550100001 Hi"),
    ])
    func `a field's own name wins, and other columns mean nothing`(text: String, summary: String) {
        #expect(Reading(text, .csv).summary == [summary])
    }

    @Test(
        arguments: [
            ("to,phone,message\n1,2,3\n", ErrorCode.validation, 1, "number", "\"to\" and \"phone\""),
            ("number,Num_ber,message\n1,2,3\n", .validation, 1, "number", "\"number\" and \"Num_ber\""),
            ("number,text,Body\n1,2,3\n", .validation, 1, "message", "\"text\" and \"Body\""),
            (
                "\n\nname,message\nx,y\n", .validation, 3, "number",
                "found \"name\", \"message\"; accepted are number, to, phone"
            ),
            ("15550100001,Hi\n", .validation, 1, "number", "found \"15550100001\""),
            ("number,\"message\" x\n1,2\n", .validation, 1, nil, "closing quote"),
            ("# force: maybe\nnumber,message\n1,2\n", .validation, 1, "force", "true or false"),
            ("# name: a\n# name: b\nnumber,message\n1,2\n", .validation, 2, "name", "twice"),
            ("# device: a\n# sessionId: b\nnumber,message\n1,2\n", .validation, 2, "sessionId", "twice"),
            ("# sendAt: soon\nnumber,message\n1,2\n", .validation, 1, "sendAt", "2026-11-21"),
            ("# priority: urgent\nnumber,message\n1,2\n", .validation, 1, "priority", "high"),
            (
                "# name: x\n# template: Hi {{name}}\nnumber,name\n1,2\n", .template, 2, nil,
                "Templates are not supported"
            ),
            ("# media: a.png\n# mediaUrl: b.png\nnumber,message\n1,2\n", .validation, 2, "mediaUrl", "twice"),
        ] as [(String, ErrorCode, Int, String?, String)])
    func `a bad opening refuses the file`(text: String, code: ErrorCode, line: Int, field: String?, words: String)
        throws
    {
        let error = try #require(Reading(text, .csv).error)
        #expect(error.refusal.code == code)
        #expect(error.line == line)
        #expect(error.refusal.field == field)
        #expect(error.refusal.message.contains(words))
        #expect(!error.isIncomplete)
    }

    @Test func `lines before the header are batch fields, below it they are data`() throws {
        let reading = Reading(
            """
            # Name : Spring, sale
            # session_id: dev1,,
            # priority: low
            # sendAt: 2026-11-21T10:42:00Z
            # expires at: 2026-11-22 00:00
            # strict: TRUE
            # force: false
            # a comment
            # city: Berlin

            number,message,priority
            # 15550100001,#hash,
            15550100002,# name: x,high

            """, .csv)
        var fields = BatchFields()
        fields.name = "Spring, sale"
        fields.device = DeviceID(rawValue: "dev1")
        fields.priority = .low
        fields.sendAt = Date(timeIntervalSince1970: 1_795_257_720)
        fields.expiresAt = Date(timeIntervalSince1970: 1_795_305_600)
        fields.isStrict = true
        #expect(reading.fields == fields)
        #expect(reading.summary == ["12 VALIDATION_ERROR number", "13 15550100002 # name: x"])
        let message = try #require(reading.messages.first)
        #expect(message.priority == .high)
        #expect(message.device == fields.device)
        #expect(message.sendAt == fields.sendAt)
        #expect(message.expiresAt == fields.expiresAt)
    }

    @Test(arguments: [
        "number,message\n15550100001,\"Hi", "number,message\n15550100001,\"Hi\"\"", "number,\"mess",
        "number,message\n1,\"",
    ])
    func `a file that ends in a quoted cell is incomplete`(text: String) throws {
        let error = try #require(Reading(text, .csv).error)
        #expect(error.refusal.code == .incompleteFile)
        #expect(error.isIncomplete)
        #expect(error.line == text.split(separator: "\n").count)
    }

    @Test(arguments: ["", "\u{FEFF}", "number,message", "number,message\n\n \n", "# name: x\n"])
    func `a file without rows is empty and may still grow`(text: String) throws {
        let error = try #require(Reading(text, .csv).error)
        #expect(error.refusal.code == .emptyFile)
        #expect(error.isIncomplete)
    }

    @Test func `a cell over the limit refuses its row, a record over the limit the file`() throws {
        let rules = ReadingRules(maximumField: 20)
        let long = String(repeating: "x", count: 21)
        let reading = Reading(
            "number,message,note\n15550100001,\(long),\n15550100002,Hi,\(long)\n15550100003,\(long.dropLast()),\n",
            .csv,
            rules: rules)
        #expect(reading.summary == ["2 TOO_LARGE message", "3 TOO_LARGE -", "4 15550100003 \(long.dropLast())"])
        for pieceSize in [1, 7, 65536] {
            let text = "number,message\n15550100001,\"" + String(repeating: "x\n", count: 34) + "\"\n"
            let fits = text.replacing("\"x\n", with: "\"")
            #expect(Reading(fits, .csv, rules: rules, pieceSize: pieceSize).error == nil)
            let error = try #require(Reading(text, .csv, rules: rules, pieceSize: pieceSize).error)
            #expect(error.refusal.code == .tooLarge)
            #expect(error.line == 2)
            #expect(error.refusal.message.contains("is a closing quote missing?"))
        }
    }

    @Test func `a record may have as many cells as a spreadsheet has columns`() {
        let header = "number,message\n15550100001,a"
        #expect(Reading(header + String(repeating: ",", count: 16382), .csv).summary == ["2 15550100001 a"])
        let error = Reading(header + String(repeating: ",", count: 16383), .csv).error
        #expect(error?.refusal.code == .tooLarge)
        #expect(error?.line == 2)
    }

    @Test func `a row over the limit refuses the file`() {
        let text = "number,message\n15550100001,a\nx,b\n15550100003,c\n"
        let reading = Reading(text, .csv, rules: ReadingRules(maximumRows: 2))
        #expect(reading.error?.refusal.code == .tooLarge)
        #expect(reading.error?.line == 4)
        #expect(Reading(text, .csv, rules: ReadingRules(maximumRows: 3)).error == nil)
    }
}
