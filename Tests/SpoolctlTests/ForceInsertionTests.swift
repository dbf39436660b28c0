import SpoolCore
import SpoolFiles
import SpoolTestSupport
import Testing

@testable import spoolctl

struct ForceInsertionTests {
    private func rewritten(_ text: String, _ format: DropFileFormat) throws(CommandFailure) -> String {
        String(decoding: try ForceInsertion.rewritten(Array(text.utf8), format), as: UTF8.self)
    }

    @Test(arguments: [
        ("number,message\n1,a\n", "# force: true\nnumber,message\n1,a\n"),
        ("number;message\r\n1;a\r\n", "# force: true\r\nnumber;message\r\n1;a\r\n"),
        ("number,message\r1,a\r", "# force: true\rnumber,message\r1,a\r"),
        ("number,message", "# force: true\nnumber,message"),
        ("\u{FEFF}number,message\n", "\u{FEFF}# force: true\nnumber,message\n"),
        ("\u{FEFF}sep=;\r\nnumber;message\r\n", "\u{FEFF}sep=;\r\n# force: true\r\nnumber;message\r\n"),
        ("SEP=|", "SEP=|\n# force: true\n"),
        (
            "# name: May\n# Force : false\n\n# x\nnumber\n# force: no\n",
            "# force: true\n# name: May\n\n# x\nnumber\n# force: no\n"
        ),
        ("\n# force: true\nnumber\n", "# force: true\n\nnumber\n"),
        ("", ""), (" \n", " \n"),
    ])
    func `CSV gets a line before its header, and only one`(text: String, expected: String) throws {
        #expect(try self.rewritten(text, .csv).utf8.elementsEqual(expected.utf8))
    }

    @Test(arguments: [
        (#"{"number":"1"}"#, #"{"force": true, "number":"1"}"#),
        ("\u{FEFF}\n {\"messages\": []}", "\u{FEFF}\n {\"force\": true, \"messages\": []}"),
        ("{ }", #"{"force": true }"#), ("nonsense", "nonsense"), ("\n", "\n"),
    ])
    func `a JSON object gets a key`(text: String, expected: String) throws {
        #expect(try self.rewritten(text, .json) == expected)
    }

    @Test(arguments: [("[{}]", DropFileFormat.json), (" \n[", .json), ("{\"number\":1}\n", .jsonLines)])
    func `a file with no place for it is wrong usage`(text: String, format: DropFileFormat) {
        let failure = #expect(throws: CommandFailure.self) { try self.rewritten(text, format) }
        #expect(failure?.status == .usage)
    }

    @Test func `UTF-16 is not torn apart`() {
        let failure = #expect(throws: CommandFailure.self) {
            try ForceInsertion.rewritten([0xFF, 0xFE, 0x6E, 0], .csv)
        }
        #expect(failure?.status == .badData)
    }

    @Test(arguments: [
        ("a.csv", "\u{FEFF}sep=;\n# name: May\n# force: false\nnumber;message\n15550000001;Hi\n"),
        ("a.csv", "number,message\r\n15550000001,Hi\r\n"),
        ("a.json", #"{"messages": [{"number": 15550000001, "message": "Hi"}], "name": "May"}"#),
        ("a.json", #"{"messages": [{"number": 15550000001, "message": "Hi"}], "force": true}"#),
        ("a.json", #" {"number": 15550000001, "message": "Hi"}"#),
    ])
    func `the reader sees the flag and the same rows`(name: String, text: String) throws {
        let directory = try TemporaryDirectory()
        let source = try SourceFile(path: try directory.write(text, to: name))
        let format = try #require(DropFileFormat(name: DropFileName(name)))
        let head = try ForceInsertion.rewritten(source, format)
        let forced = try SourceFile(path: try directory.write(head, to: "forced"))
        var reader = try DropFileReader(descriptor: forced.file.descriptor, format: format, rules: ReadingRules())
        #expect(reader.batchFields.isForced)
        let row = try #require(try reader.next())
        guard case .message(let message) = row.content else {
            Issue.record("the row is refused: \(row)")
            return
        }
        #expect(message.recipient == .phone("15550000001"))
        #expect(try reader.next() == nil)
    }
}
