import Glibc
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct DropFileReaderTests {
    @Test(
        arguments: [
            ("a.csv", DropFileFormat.csv), ("A.CSV", .csv), ("x.y.json", .json), ("o.jsonl", .jsonLines),
            ("o.NdJson", .jsonLines),
            ("a.txt", nil), ("csv", nil), ("a.csv.gz", nil), ("a.", nil),
        ] as [(String, DropFileFormat?)])
    func `the name's end tells the format`(name: String, format: DropFileFormat?) {
        #expect(DropFileFormat(name: DropFileName(name)) == format)
    }

    /// One file of each format with everything in it that a piece's end could cut.
    static let samples: [(DropFileFormat, String)] = [
        (
            .csv,
            "\u{FEFF}sep=;\r\n# name: Grün\r\n\r\nnumber;\"mess\nage\";message;ref\r\n"
                + "15550100001;;\"a\r\n\"\"é😀\"\"\";1\r\n\r\nx;;y\r15550100002;;z;;\n"
                + "15550100003;;a;b;c\n15550100004;;\"q\"r\n15550100005;\"\";last"
        ),
        (
            .json,
            "\u{FEFF}\r\n{\"name\": \"Gr\\u00fcn\",\r\n \"x\": [1, {\"y\": null}], \"messages\": [ "
                + "{\"number\": 15550100001.0,\r\n\"message\": \"\\ud83d\\ude00é\\n\", \"z\": -1.5E+3} ,\r 7, "
                + "{}\n, {\"to\": \"x\", \"text\": \"\\ud83d\\u0041\"}]\n, \"strict\": true }\n\n"
        ),
        (
            .json,
            "[{\"number\": \"15550100001\",\n\"message\": \"a\"}, true,\n "
                + "{\"number\": \"15550100002\", \"message\": \"b\"]"
        ),
        (
            .jsonLines,
            "\u{FEFF}{\"number\": \"15550100001\", \"message\": \"😀\"}\r\n\n"
                + "{\"number\": 1\n[ ]\n {\"number\": \"15550100002\", \"message\": \"\\"
        ),
    ]

    @Test(arguments: 0..<4)
    func `rows are the same whatever the piece size`(sample: Int) {
        let (format, text) = Self.samples[sample]
        let whole = Reading(text, format)
        #expect(!whole.rows.isEmpty)
        for pieceSize in 1...(text.utf8.count + 1) {
            #expect(Reading(text, format, pieceSize: pieceSize) == whole, "piece size \(pieceSize)")
        }
    }

    @Test(arguments: DropFileFormat.allCases, [1, 2, 3] as [UInt64])
    func `random bytes never trap, and every piece size reads the same`(format: DropFileFormat, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet =
            Array("{}[]\"\"\\\\,:;|\t\r\n #sepnumbermessage=0123eE+-.u'(){{ é😀".utf8) + [0, 0x80, 0xC3, 0xFF]
        for round in 0..<150 {
            let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let header = format == .csv && round.isMultiple(of: 2) ? Array("number,message\n".utf8) : []
            Self.check(header + bytes, format, "seed \(seed), round \(round)", &random)
        }
    }

    @Test(arguments: 0..<4, [4, 5] as [UInt64])
    func `mutated files never trap, and every piece size reads the same`(sample: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (format, text) = Self.samples[sample]
        let original = Array(text.utf8)
        for round in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { bytes = original }
            }
            Self.check(bytes, format, "seed \(seed), round \(round)", &random)
        }
    }

    @Test(arguments: DropFileFormat.allCases)
    func `a file that cannot be read is unreadable`(format: DropFileFormat) {
        let error = #expect(throws: DropFileError.self) {
            var reader = try DropFileReader(descriptor: -1, format: format, rules: ReadingRules())
            _ = try reader.next()
        }
        #expect(error == .unreadable(errno: EBADF))
    }

    private static func check(
        _ bytes: [UInt8], _ format: DropFileFormat, _ place: String, _ random: inout SeededGenerator
    ) {
        let rules = ReadingRules(maximumField: 30)
        let whole = Reading(bytes, format, rules: rules)
        let pieces = Reading(bytes, format, rules: rules, pieceSize: Int.random(in: 1...40, using: &random))
        #expect(whole == pieces, "\(place): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
        #expect(whole.rows.map(\.record) == Array(1..<(whole.rows.count + 1)), "\(place)")
        let file = NamelessFile(bytes)
        _ = try? FileInspection(descriptor: file.descriptor, maximumFile: 200, pieceSize: 7)
    }
}
