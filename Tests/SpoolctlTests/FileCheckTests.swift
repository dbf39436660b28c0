import SpoolCore
import SpoolFiles
import SpoolMedia
import SpoolTestSupport
import Testing

@testable import spoolctl

struct FileCheckTests {
    private struct Outcome: Equatable {
        var summary: FileCheck.Summary
        var faults: [FileCheck.Fault]
        var codes: [ErrorCode] { self.faults.map(\.refusal.code) }
    }

    private func check(
        _ bytes: [UInt8], name: String = "a.csv", rules: ReadingRules = ReadingRules(), devices: Set<String>? = nil,
        media: [String: [UInt8]] = [:]
    ) throws -> Outcome {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("media/shop")
        for (name, content) in media { try directory.write(content, to: "media/" + name) }
        let local = LocalMedia(root: directory.path("media"), reserved: ["shop"])
        let source = try SourceFile(path: try directory.write(bytes, to: name))
        var faults: [FileCheck.Fault] = []
        let summary = try FileCheck(rules: rules, devices: devices, media: MediaCheck(local: local)).run(
            source.file.descriptor, name: DropFileName(name)
        ) {
            faults.append($0)
        }
        return Outcome(summary: summary, faults: faults)
    }

    private func check(_ text: String, name: String = "a.csv", devices: Set<String>? = nil) throws -> Outcome {
        try self.check(Array(text.utf8), name: name, devices: devices)
    }

    @Test func `a good file has no faults`() throws {
        let outcome = try self.check(
            "number,message,ref\n15550000001,Hi,a\n15550000002,Hi,b\n15550000003,Hi,\n15550000004,Hi,\n")
        #expect(outcome == Outcome(summary: .init(rows: 4), faults: []))
        #expect(outcome.summary.isGood)
    }

    @Test func `every refused row is reported with its line and field`() throws {
        let outcome = try self.check(
            "number,message\n15550000001,\"two\nlines\"\n,Hi\n15550000002,Hi\n12,Hi\n9.23E+11,Hi\n1,2,3\n")
        #expect(outcome.summary.rows == 6)
        #expect(outcome.summary.failed == 4)
        #expect(outcome.summary.refusal == nil)
        #expect(!outcome.summary.isGood)
        #expect(outcome.faults.map(\.line) == [4, 6, 7, 8])
        #expect(outcome.codes == [.validation, .validation, .numberScientific, .extraColumns])
        #expect(outcome.faults[0].refusal.field == "number")
    }

    @Test func `a ref given twice in the file is refused the second time`() throws {
        let outcome = try self.check(
            "number,message,ref\n15550000001,Hi,a\n15550000002,Hi,a\n,Hi,b\n15550000003,Hi,b\n")
        #expect(outcome.codes == [.duplicateRef, .validation])
        #expect(outcome.faults.first?.line == 3)
    }

    @Test func `devices are looked up where they are known`() throws {
        let text = "number,message,device\n15550000001,Hi,dev1\n15550000002,Hi,dev2\n15550000003,Hi,\n"
        #expect(try self.check(text).summary.isGood)
        let outcome = try self.check(text, devices: ["dev1"])
        #expect(outcome.codes == [.unknownDevice])
        #expect(outcome.faults.first?.line == 3)
        #expect(outcome.faults.first?.refusal.field == "sessionId")
    }

    @Test func `attachments are looked at where they lie, URLs by their form`() throws {
        let pdf = Array("%PDF-1.7\n".utf8)
        let outcome = try self.check(
            Array(
                """
                number,message,media,type
                15550000001,,price.pdf,
                15550000002,Hi,price.pdf,image
                15550000003,,none.pdf,
                15550000004,,../a.csv,
                15550000005,,shop/secret.pdf,
                15550000006,,http://127.0.0.1/a.pdf,
                15550000007,,ftp://files.example/a.pdf,
                15550000008,Hi,https://files.example/a.pdf,
                15550000009,Hi,note.ogg,
                15550000010,,page.pdf,
                15550000011,Hi,https://files.example/a.ogg,audio

                """.utf8),
            media: [
                "price.pdf": pdf, "shop/secret.pdf": pdf, "page.pdf": Array("<html></html>".utf8),
                "note.ogg": Self.opusHead,
            ])
        #expect(outcome.faults.map(\.line) == [3, 4, 5, 6, 7, 8, 10, 11, 12])
        #expect(
            outcome.codes == [
                .mediaType, .mediaUnavailable, .mediaForbidden, .mediaForbidden, .mediaForbidden, .mediaForbidden,
                .validation, .mediaType, .validation,
            ])
        #expect(outcome.faults.map(\.refusal.field).filter { $0 == "mediaUrl" }.count == 7)
    }

    /// The first page of an Ogg file with Opus.
    private static let opusHead =
        Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 19] + Array("OpusHead".utf8)
        + [1, 1, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]

    @Test(arguments: [
        ("a.csv", "", ErrorCode.emptyFile), ("a.csv", " \n\n", .emptyFile), ("a.csv", "number,message\n", .emptyFile),
        ("a.csv", "number,message\n1555,\"cut", .incompleteFile), ("a.csv", "message\nHi\n", .validation),
        ("a.csv", "to,phone\n1,2\n", .validation), ("a.csv", "number,message\n15550000001,\0\n", .encoding),
        ("a.csv", "# template: Hi\nnumber\n1\n", .template),
        ("a.json", "{\"messages\": [{\"number\": 1", .incompleteFile), ("a.json", "[]", .emptyFile),
        ("a.json", "{\"cancel\": {\"batch\": 1}}", .unsupportedFormat),
        ("a.txt", "number,message\n15550000001,Hi\n", .unsupportedFormat),
        ("a.csv", "number,message\n1,Hi\n2,Hi\n", .validation),
        ("a.csv", "# strict: true\nnumber,message\n15550000001,Hi\n2,Hi\n", .validation),
    ])
    func `a file that would be refused as a whole says why`(name: String, text: String, code: ErrorCode) throws {
        let outcome = try self.check(text, name: name)
        #expect(outcome.summary.refusal?.refusal.code == code)
        #expect(!outcome.summary.isGood)
    }

    @Test func `other encodings than UTF-8 are refused`() throws {
        for bytes: [UInt8] in [[0x6E, 0xFF, 0x0A], [0xFF, 0xFE, 0x6E, 0]] {
            #expect(try self.check(bytes).summary.refusal?.refusal.code == .encoding)
        }
    }

    @Test func `the configuration's limits hold`() throws {
        let bytes = Array("number,message\n15550000001,Hi\n15550000002,Hi\n".utf8)
        for rules in [ReadingRules(maximumFile: 20), ReadingRules(maximumRows: 1)] {
            #expect(try self.check(bytes, rules: rules).summary.refusal?.refusal.code == .tooLarge)
        }
        let national = Array("number,message\n03001234567,Hi\n".utf8)
        #expect(try self.check(national, rules: ReadingRules(defaultCountryCode: "92")).summary.isGood)
        #expect(try !self.check(national).summary.isGood)
    }

    @Test func `what cannot be read is refused as unreadable`() throws {
        let media = MediaCheck(local: LocalMedia(root: "/nowhere"))
        let check = FileCheck(rules: ReadingRules(), devices: nil, media: media)
        let summary = try check.run(-1, name: DropFileName("a.csv")) { _ in }
        #expect(summary.refusal?.refusal.code == .unreadable)
    }
}
