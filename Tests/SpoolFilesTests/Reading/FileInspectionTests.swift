import SpoolCore
import Testing

@testable import SpoolFiles

struct FileInspectionTests {
    @Test(arguments: [4, 5, 7, 4096])
    func `the digest is that of the bytes, whatever the piece size`(pieceSize: Int) throws {
        let file = NamelessFile("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        let inspection = try FileInspection(descriptor: file.descriptor, maximumFile: 100, pieceSize: pieceSize)
        // FIPS 180-2, appendix B.2.
        let digest = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        #expect(inspection.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest)
        #expect(inspection.byteCount == 56)
    }

    @Test(
        arguments: [
            [], Array(" \r\n\t".utf8), [0xEF, 0xBB, 0xBF], [0xEF, 0xBB, 0xBF, 0x0A],
        ] as [[UInt8]])
    func `a file without content is empty and may still grow`(bytes: [UInt8]) throws {
        let error = try Self.error(bytes)
        #expect(error.refusal.code == .emptyFile)
        #expect(error.isIncomplete)
    }

    @Test(
        arguments: [
            ([0x61, 0x0A, 0x62, 0xE9, 0x0A], 2, 3),  // Latin-1
            ([0x0D, 0x0A, 0x0D, 0xC0, 0x80], 3, 3),  // overlong
            ([0xED, 0xA0, 0x80], 1, 0),  // surrogate
            ([0xF4, 0x90, 0x80, 0x80], 1, 0),  // beyond Unicode
            ([0x61, 0x80], 1, 1),
            ([0x61, 0x62, 0xF0, 0x9F, 0x98, 0x0A], 1, 2),
            ([0xF5], 1, 0),
            (Array("0123456789abcdef\n0123456".utf8) + [0xFE, 0x41], 2, 24),
            (Array("ab\ncd".utf8) + [0x00, 0x41], 2, 5),
        ] as [([UInt8], Int, Int)])
    func `bytes that are not UTF-8 are named by line and offset`(bytes: [UInt8], line: Int, offset: Int) throws {
        for pieceSize in [4, 5, 8, 4096] {
            let error = try Self.error(bytes, pieceSize: pieceSize)
            #expect(error.refusal.code == .encoding)
            #expect(error.line == line)
            #expect(error.refusal.message.contains("line \(line), byte offset \(offset)"))
            #expect(!error.isIncomplete)
        }
    }

    @Test func `a file that ends inside a character may still grow`() throws {
        let error = try Self.error([0x61, 0x0A, 0xF0, 0x9F, 0x98])
        #expect(error.refusal.code == .encoding)
        #expect(error.line == 2)
        #expect(error.isIncomplete)
    }

    @Test(arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
    func `UTF-16 is refused by name`(bytes: [UInt8]) throws {
        let error = try Self.error(bytes)
        #expect(error.refusal.code == .encoding)
        #expect(error.refusal.message.contains("UTF-16"))
    }

    @Test func `a file over the limit is too large, one at the limit is not`() throws {
        let error = try Self.error(Array("12345".utf8), maximumFile: 4)
        #expect(error.refusal.code == .tooLarge)
        let file = NamelessFile("1234")
        #expect(try FileInspection(descriptor: file.descriptor, maximumFile: 4).byteCount == 4)
    }

    @Test func `every character is accepted, at every place in a word`() throws {
        for scalar in [
            "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
        ] {
            for padding in 0..<17 {
                let text = String(repeating: "a", count: padding) + scalar + String(repeating: "b", count: 9)
                let file = NamelessFile(text)
                let inspection = try FileInspection(descriptor: file.descriptor, maximumFile: 100, pieceSize: 5)
                #expect(inspection.byteCount == text.utf8.count)
            }
        }
    }

    @Test func `a file that cannot be read is unreadable`() throws {
        let error = try #require(throws: DropFileError.self) { try FileInspection(descriptor: -1, maximumFile: 10) }
        #expect(error.refusal.code == .unreadable)
        #expect(!error.isIncomplete)
    }

    private static func error(
        _ bytes: [UInt8], maximumFile: Int64 = 1000, pieceSize: Int = 4096
    ) throws -> DropFileError {
        let file = NamelessFile(bytes)
        let descriptor = file.descriptor
        return try #require(throws: DropFileError.self) {
            try FileInspection(descriptor: descriptor, maximumFile: maximumFile, pieceSize: pieceSize)
        }
    }
}
