import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

struct JSONRowsTests {
    @Test(arguments: [
        #"{"number": "15550100001", "message": "Hi"}"#,
        #"[{"number": "15550100001", "message": "Hi"}]"#,
        #"{"messages": [{"number": "15550100001", "message": "Hi"}]}"#,
        "\u{FEFF} {\"Messages\":[{\"to\":15550100001,\"text\":\"\\u0048\\u0069\"}]} ",
        #"[{"number": 1.5550100001e10, "message": "Hi", "extra": [[], {}, -0.5E-3, null, true, "\/"]}]"#,
        #"[{"number": null, "to": "15550100001", "message": "Hi", "ref": null, "sendAt": ""}]"#,
        #"[{"number": "15550100001", "to": "x", "phone": "y", "message": "Hi"}]"#,
        #"{"number": "15550100001", "message": "Hi", "name": "Ann", "extra": {"cancel": 1}}"#,
    ])
    func `one message in any form is read`(text: String) {
        #expect(Reading(text, .json).summary == ["1 15550100001 Hi"])
    }

    @Test func `rows keep their lines and numbers, refused ones included`() {
        let reading = Reading(
            """
            {
              "messages": [
                {"number": "15550100001", "message": "a\\n\\"b\\" \\ud83d\\ude00"},
                7, "x", null, [1],
                {"number": 15550100002, "message": 5,
                 "ref": true},
                {},
                {"number": ["1"], "message": "x"},
                {"number": "15550100001", "number": "15550100002", "message": "x"},
                {"number": "15550100001", "NUMBER": "15550100002", "message": "x"},
                {"to": "15550100001", "phone": "15550100002", "message": "x"},
                {"number": "15550100001", "message": "\\ud83d"},
                {"number": "15550100001", "message": "\\ude00"},
                {"number": "15550100001", "message": "x", "a": 1, "\\u0061": 2}
              ]
            }
            """, .json)
        #expect(
            reading.summary == [
                "3 15550100001 a\n\"b\" 😀", "4 VALIDATION_ERROR -", "4 VALIDATION_ERROR -", "4 VALIDATION_ERROR -",
                "4 VALIDATION_ERROR -", "5 15550100002 5", "7 VALIDATION_ERROR number", "8 VALIDATION_ERROR number",
                "9 VALIDATION_ERROR number", "10 VALIDATION_ERROR number", "11 VALIDATION_ERROR number",
                "12 ENCODING_ERROR -", "13 ENCODING_ERROR -", "14 VALIDATION_ERROR -",
            ])
        #expect(reading.rows.map(\.record) == Array(1...14))
        #expect(reading.messages[1].ref == "true")
        #expect(reading.error == nil)
    }

    @Test func `many keys are checked for doubles too`() {
        let keys = (0..<40).map { "\"k\($0)\": 1" }.joined(separator: ", ")
        let good = "[{\"number\": \"15550100001\", \"message\": \"x\", \(keys)}]"
        #expect(Reading(good, .json).summary == ["1 15550100001 x"])
        #expect(Reading(good.replacing("\"k39\"", with: "\"k0\""), .json).summary == ["1 VALIDATION_ERROR -"])
    }

    @Test(arguments: ["[{", "{\"messages\": [],\n", "{"])
    func `an object has at most 16384 keys`(start: String) throws {
        let keys = (0...16384).map { "\"k\($0)\":1" }.joined(separator: ",\n")
        let error = try #require(Reading(start + keys + "}", .json).error)
        #expect(error.refusal.message.contains("16384 keys"))
        #expect(error.line == 16385)
    }

    @Test func `batch fields may stand on both sides of the messages`() throws {
        let reading = Reading(
            """
            {"name": "Spring", "session-id": "dev1", "strict": true, "city": {"x": [1]}, "expiresAt": null,
             "messages": [{"number": "15550100001", "message": "a"},
                          {"number": "15550100002", "message": "b", "priority": "normal", "device": "dev2"}],
             "priority": "high", "force": "true", "sendAt": "2026-11-21T10:42:00Z"}
            """, .json)
        var fields = BatchFields()
        fields.name = "Spring"
        fields.device = DeviceID(rawValue: "dev1")
        fields.priority = .high
        fields.sendAt = Date(timeIntervalSince1970: 1_795_257_720)
        fields.isStrict = true
        fields.isForced = true
        #expect(reading.fields == fields)
        #expect(reading.messages.map(\.priority) == [.high, .normal])
        #expect(reading.messages.map(\.device?.rawValue) == ["dev1", "dev2"])
        #expect(reading.messages.map(\.sendAt) == [fields.sendAt, fields.sendAt])
    }

    @Test func `one message alone may be forced`() {
        let reading = Reading(#"{"number": "15550100001", "message": "Hi", "force": true, "name": ["x"]}"#, .json)
        #expect(reading.fields.isForced)
        #expect(reading.fields.name == nil)
        #expect(reading.summary == ["1 15550100001 Hi"])
    }

    @Test(
        arguments: [
            ("[{\"number\": \"1\",\n}]", ErrorCode.validation, 2, "key"),
            ("[{\"number\": 0300}]", .validation, 1, "comma or }"),
            ("[\n{\"a\": 1}\n{\"a\": 1}]", .validation, 3, "comma or ]"),
            ("[{\"a\": 1},]", .validation, 1, "a value"),
            ("[{\"a\" 1}]", .validation, 1, "colon"),
            ("[{a: 1}]", .validation, 1, "key in double quotes"),
            ("// hi\n[]", .validation, 1, "starts with"),
            ("[\n/* */ {}]", .validation, 2, "a value"),
            ("[{\"a\": \"x\ny\"}]", .validation, 1, "control character"),
            ("[{\"a\": \"\\x\"}]", .validation, 1, "escape"),
            ("[{\"a\": \"\\u12G4\"}]", .validation, 1, "hexadecimal"),
            ("[{\"a\": tru}]", .validation, 1, "a value"),
            ("[{\"a\": -}]", .validation, 1, "digit"),
            ("[{\"a\": 1.}]", .validation, 1, "digit"),
            ("[{\"a\": [1}]", .validation, 1, "comma or ]"),
            ("hello", .validation, 1, "starts with { or ["),
            ("\"x\"", .validation, 1, "starts with { or ["),
            ("{\"number\": \"1\"}\n{\"number\": \"2\"}\n", .validation, 2, ".jsonl"),
            ("[]\n]", .validation, 2, ".jsonl"),
            ("{\"messages\": [{}]} x", .validation, 1, ".jsonl"),
            ("{\n\"messages\": {}}", .validation, 2, "array"),
            ("{\"messages\": [{}],\n\"Messages\": []}", .validation, 2, "twice"),
            ("{\"x\": 1, \"messages\": [{}],\n\"x\": 2}", .validation, 2, "\"x\" is given twice"),
            ("{\"messages\": [{}],\n\"strict\": []}", .validation, 2, "object or array"),
            ("{\"messages\": [{}],\n\"strict\": \"perhaps\"}", .validation, 2, "true or false"),
            ("{\"messages\": [{}],\n\"x\": \"\\ud83d\"}", .encoding, 2, "surrogate"),
            ("{\"messages\": [{}],\n\"template\": \"Hi\"}", .template, 2, "not supported"),
            ("{\"messages\": [{}],\n\"mediaUrl\": {}}", .validation, 2, "object or array"),
            ("{\n\"cancel\": {\"batch\": 42}}", .unsupportedFormat, 2, "not supported"),
            ("{\"messages\": []}", .emptyFile, nil, "no messages"),
            ("[ ]", .emptyFile, nil, "no messages"),
        ] as [(String, ErrorCode, Int?, String)])
    func `a bad file is refused with its line`(text: String, code: ErrorCode, line: Int?, words: String) throws {
        let error = try #require(Reading(text, .json).error)
        #expect(error.refusal.code == code)
        #expect(error.line == line)
        #expect(error.refusal.message.contains(words))
        #expect(!error.isIncomplete)
    }

    @Test func `a file cut off anywhere is incomplete, but for its last line end`() throws {
        for whole in [
            #"{"messages": [{"number": "15550100001", "message": "a\u00e9", "x": [1, -2.5e3, true]}], "name": "x"}"#,
            #"[{"number": "15550100001", "message": "a"}, {"number": "15550100002", "message": "b"}]"#,
            #"{"number": "15550100001", "message": "Hi"}"#,
        ] {
            #expect(Reading(whole, .json).error == nil)
            for length in 1..<whole.utf8.count {
                let error = try #require(Reading(Array(whole.utf8.prefix(length)), .json).error)
                #expect(error.refusal.code == .incompleteFile, "\(whole.prefix(length))")
                #expect(error.isIncomplete)
            }
        }
    }

    @Test func `values may nest 64 deep and no deeper`() {
        for (depth, isTaken) in [(63, true), (64, false), (100_000, false)] {
            let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let reading = Reading("[{\"number\": \"15550100001\", \"message\": \"x\", \"y\": \(nest)}]", .json)
            #expect((reading.error == nil) == isTaken)
        }
    }

    @Test func `a value over the limit refuses its row, a record over the limit the file`() throws {
        let rules = ReadingRules(maximumField: 20)
        let escaped = String(repeating: "\\u0041", count: 20)
        let long = String(repeating: "x", count: 21)
        // Twenty characters, each written in six bytes, are too much for the record only.
        let wide = Reading("[{\"message\": \"\(escaped)\"}]", .json, rules: rules)
        #expect(wide.error?.refusal.code == .tooLarge)
        let reading = Reading(
            """
            [{"to": "15550100001", "text": "\(long)"},
            {"to": "15550100001", "text": "\\u0041\\u0041\\u0041\\u0041\\u0041"},
            {"to": "15550100001", "text": "x", "y": [1,2,3,4,5,6,7,8,9,0]}]
            """, .json, rules: rules)
        #expect(reading.summary == ["1 TOO_LARGE message", "2 15550100001 AAAAA", "3 TOO_LARGE -"])
    }
}
