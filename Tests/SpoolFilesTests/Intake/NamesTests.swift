import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct IgnoredNameTests {
    @Test(arguments: [
        ".orders.csv", ".", ".nfs000000000000001", ".~lock.orders.csv#", "orders.csv.tmp", "orders.csv.part",
        "orders.csv.partial", "orders.csv.filepart", "orders.csv.crdownload", ".orders.csv.swp", "orders.swp",
        "orders.csv.lock",
        "orders.csv.ok", "orders.csv.err", "orders.csv.done", "orders.csv~", ".tmp", "~",
    ])
    func `a name that says unfinished is ignored`(name: String) {
        #expect(DropFileName(name).isIgnored)
    }

    @Test(arguments: [
        "orders.csv", "orders", "tmp", "orders.tmp.csv", "orders.part1.csv", "~orders.csv", "ok", "orders.okay",
        "orders.csv.TXT",
        "-rf", "наряд.csv", "a b.json",
    ])
    func `any other name is not`(name: String) {
        #expect(!DropFileName(name).isIgnored)
    }

    @Test(arguments: [
        ("", "empty"), ("a/b.csv", "slash"), ("a\0b.csv", "slash"), (String(repeating: "x", count: 201), "200"),
        (".orders.csv", "left alone"),
    ])
    func `a name that no daemon would take is refused with its reason`(name: String, word: String) throws {
        #expect(try #require(DropFileName(name).unusableReason).contains(word))
    }

    @Test func `an ordinary name is usable`() {
        #expect(DropFileName(String(repeating: "x", count: 200)).unusableReason == nil)
    }
}

struct TakenNameTests {
    private let batch = BatchID(rawValue: 42)

    @Test(arguments: ["orders.csv", "a~b~c.csv", "~", "5!~x.csv", "наряд.csv", "a%b"])
    func `a taken name reads back`(name: String) throws {
        let user = try #require(UserName(rawValue: "ali-2"))
        let taken = TakenName(batch: self.batch, user: user, dropped: DropFileName(name))
        #expect(taken.onDisk.bytes.starts(with: "42~ali-2~".utf8))
        #expect(!taken.isCut)
        #expect(TakenName(onDisk: taken.onDisk) == taken)
    }

    @Test func `bytes that are not UTF-8 are kept`() {
        let name = DropFileName(bytes: [0xFF, 0xFE, 0x2E, 0x63, 0x73, 0x76])
        #expect(TakenName(onDisk: TakenName(batch: self.batch, user: .default, dropped: name).onDisk)?.name == name)
    }

    @Test func `a name that is too long is cut and says so`() throws {
        let user = try #require(UserName(rawValue: String(repeating: "u", count: 64)))
        let long = DropFileName(String(repeating: "ä", count: 127))
        for (batch, user) in [(self.batch, UserName.default), (BatchID(rawValue: 1 << 52), user)] {
            let taken = TakenName(batch: batch, user: user, dropped: long)
            #expect(taken.isCut)
            #expect(taken.name.bytes.count <= TakenName.longest)
            #expect(taken.name.bytes.count.isMultiple(of: 2))
            #expect(taken.onDisk.bytes.count <= 255)
            #expect(TakenName(onDisk: taken.onDisk) == taken)
        }
    }

    @Test(arguments: [
        "", "~", "~~", "42", "42~", "42~ali", "42~ali~", "x~ali~a.csv", "042~ali~a", "-1~ali~a", "0~ali~a", "42~Ali~a",
        "42~../x~a", "9223372036854775807~ali~a", "99999999999999999999~ali~a", "+1~ali~a", "42!!~ali~a",
    ])
    func `a stranger's name is none of ours`(name: String) {
        #expect(TakenName(onDisk: DropFileName(name)) == nil)
    }

    @Test func `cutting never leaves half a character, and is bounded for what is no text`() {
        #expect(DropFileName("aä").cut(to: 2) == DropFileName("a"))
        #expect(DropFileName("aä").cut(to: 3) == DropFileName("aä"))
        #expect(DropFileName("😀😀").cut(to: 7) == DropFileName("😀"))
        #expect(DropFileName(bytes: [UInt8](repeating: 0x80, count: 250)).cut(to: 200).bytes.count == 197)
    }
}

struct ResultNamesTests {
    private let batch = BatchID(rawValue: 42)

    @Test(arguments: [
        ("orders.csv", "orders~42.csv"), ("orders.tar.csv", "orders.tar~42.csv"), ("orders", "orders~42"),
        ("a.b.jsonl", "a.b~42.jsonl"),
        ("a~1.csv", "a~1~42.csv"),
    ])
    func `a batch number stands before the last extension`(file: String, base: String) {
        #expect(ResultNames(for: DropFileName(file), batch: self.batch).base == DropFileName(base))
    }

    @Test func `every answer has its own name`() {
        let names = ResultNames(for: DropFileName("orders.csv"))
        #expect(
            ResultNames.Answer.allCases.map { names.name(of: $0).description } == [
                "orders.csv.accepted.json", "orders.csv.rejected.json", "orders.csv.result.csv",
                "orders.csv.result.json",
                "orders.csv.result.jsonl", "orders.csv.failed.csv", "orders.csv.receipts.csv", "orders.csv.ok",
                "orders.csv.some", "orders.csv.err",
            ])
    }

    @Test(arguments: ResultNames.Answer.allCases)
    func `one answer is enough to use the name up`(answer: ResultNames.Answer) throws {
        let directory = try TemporaryDirectory()
        let names = ResultNames(for: DropFileName("orders.csv"))
        try directory.write("", to: "orders.csv")
        try directory.write("", to: "orders~42.csv.ok")
        #expect(try !names.anyAnswerExists(in: directory.path))
        try directory.write("", to: names.name(of: answer).description)
        #expect(try names.anyAnswerExists(in: directory.path))
    }

    @Test func `the longest drop file's answers have room for their names`() {
        let longest = DropFileName(String(repeating: "x", count: TakenName.longest))
        let names = ResultNames(for: longest, batch: BatchID(rawValue: .max))
        #expect(ResultNames.Answer.allCases.allSatisfy { names.name(of: $0).bytes.count <= 255 })
    }
}
