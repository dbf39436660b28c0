import Glibc
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct MediaInspectionTests {
    private func describe(
        _ bytes: [UInt8], _ inspection: MediaInspection = MediaInspection()
    ) throws -> MediaDescription {
        let directory = try TemporaryDirectory()
        return try inspection.describe(MediaFile(directory.write(bytes, to: "file")))
    }

    private static let openXML = "application/vnd.openxmlformats-officedocument"

    static let formats: [(name: String, bytes: [UInt8], kind: MediaKind, type: String)] = [
        ("a.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], .image, "image/jpeg"),
        ("a.png", Samples.png(ImageSize(width: 3, height: 2)), .image, "image/png"),
        ("a.webp", Samples.lossyWebP, .image, "image/webp"),
        ("a.mp3", Samples.mp3(frames: 3), .audio, "audio/mpeg"),
        ("a.mp3", Array("ID3\u{4}\0\0\0\0\0\0".utf8), .audio, "audio/mpeg"),
        ("a.ogg", Samples.opus(position: 48000), .audio, "audio/ogg; codecs=opus"),
        ("a.ogg", Samples.vorbis(position: 44100, rate: 44100), .audio, "audio/ogg"),
        ("a.amr", Samples.amr(frames: 2), .audio, "audio/amr"),
        ("a.mp4", Samples.film(duration: 1000), .video, "video/mp4"),
        ("a.3gp", Samples.film(brand: "3gp4", duration: 1000), .video, "video/3gpp"),
        ("a.pdf", Samples.pdf, .document, "application/pdf"),
        ("a.doc", Samples.compound("WordDocument"), .document, "application/msword"),
        ("a.bin", Samples.compound("Workbook"), .document, "application/vnd.ms-excel"),
        ("a.ppt", Samples.compound("Other"), .document, "application/vnd.ms-powerpoint"),
        (
            "a.docx", Samples.zip(["[Content_Types].xml", "word/document.xml"]), .document,
            "\(openXML).wordprocessingml.document"
        ),
        (
            "a.xlsx", Samples.zip(["[Content_Types].xml", "xl/workbook.xml"], comment: "made by"), .document,
            "\(openXML).spreadsheetml.sheet"
        ),
        ("a", Samples.zip(["[Content_Types].xml", "ppt/p.xml"]), .document, "\(openXML).presentationml.presentation"),
        ("a.zip", Samples.zip(["word/document.xml"]), .document, "application/zip"),
        ("a.zip", Samples.zip([]), .document, "application/zip"),
        ("a.txt", Array("Grüße\r\n".utf8), .document, "text/plain"),
        ("a.csv", Array("number;text\n1;ü\n".utf8), .document, "text/csv"),
        ("a.txt", [0xFF, 0xFE, 0x61, 0, 0x0A, 0], .document, "text/plain"),
        ("a.txt", [0xFE, 0xFF, 0, 0x61], .document, "text/plain"),
        (
            "a.txt", Array("Gr".utf8) + [0xFC, 0xDF, 0x65] + Array(" aus K".utf8) + [0xF6, 0x6C, 0x6E], .document,
            "text/plain"
        ),
    ]

    @Test(arguments: formats.indices)
    func `a supported file is known by its bytes`(index: Int) throws {
        let sample = Self.formats[index]
        let description = try self.describe(sample.bytes, MediaInspection(sourceName: sample.name))
        #expect(description.kind == sample.kind, "\(sample.name)")
        #expect(description.mimeType == sample.type, "\(sample.name)")
        #expect(description.size == Int64(sample.bytes.count))
        #expect(description.isVoiceNote == sample.type.contains("opus"))
        let asDocument = try self.describe(sample.bytes, MediaInspection(kind: .document, sourceName: sample.name))
        #expect(asDocument.kind == .document && asDocument.mimeType == sample.type)
    }

    @Test(arguments: [
        ("a web page", "\u{FEFF} \n<!DOCTYPE HTML><p>"), ("a web page", "<html lang=en>"), ("a GIF file", "GIF89a...."),
        ("a WAV file", "RIFF....WAVEfmt "), ("an AVI file", "RIFF....AVI LIST"), ("a FLAC file", "fLaC\0\0\0"),
        ("a HEIC image", "\0\0\0\u{18}ftypheic\0\0\0\0"), ("a M4A file", "\0\0\0\u{18}ftypM4A \0\0\0\0"),
        ("a QuickTime film", "\0\0\0\u{18}ftypqt  \0\0\0\0"), ("a program", "MZ\u{90}\0\u{3}\0"),
        ("a program", "\u{7F}ELF\u{2}\u{1}\u{1}\0"), ("of an unknown format", "\u{1}\u{2}\u{3}"),
        ("of an unknown format", "text\0text"), ("an OGG file without sound", "OggS\0\u{2}........"),
    ])
    func `what is not supported is named and refused`(name: String, text: String) throws {
        let error = #expect(throws: MediaError.self) { try self.describe(Array(text.utf8)) }
        #expect(error == .unsupported(found: name))
        #expect(error?.code == .mediaType)
    }

    @Test func `an empty file is refused`() throws {
        #expect(throws: MediaError.empty) { try self.describe([]) }
    }

    @Test func `the row's word has to fit the bytes`() throws {
        for kind in [MediaKind.image, .video, .audio] {
            let error = #expect(throws: MediaError.self) {
                try self.describe(Samples.pdf, MediaInspection(kind: kind))
            }
            #expect(error == .mismatch(said: kind.rawValue, found: "a PDF file"))
            #expect(error?.code == .mediaType)
        }
        #expect(try self.describe(Samples.film(duration: 1), MediaInspection(kind: .video)).kind == .video)
    }

    @Test(
        arguments: [
            ("image/jpeg", nil, false), ("text/html", nil, true), ("video/mp4", "a.pdf", false),
            ("application/pdf", "a.jpg", true), ("application/octet-stream", nil, true), ("text/plain", "a.pdf", true),
            (nil, "photo.JPG", false), (nil, "sound.ogg", false), (nil, "a.b", true), (nil, nil, true), ("", "", true),
            ("audio/mpeg", nil, false),
        ] as [(String?, String?, Bool)])
    func `a source that lies about a PDF is refused`(contentType: String?, name: String?, isFine: Bool) throws {
        let inspection = MediaInspection(contentType: contentType, sourceName: name)
        if isFine {
            #expect(try self.describe(Samples.pdf, inspection).mimeType == "application/pdf")
        } else {
            let error = #expect(throws: MediaError.self) { try self.describe(Samples.pdf, inspection) }
            #expect(error?.code == .mediaType)
        }
    }

    @Test(
        arguments: [
            (MediaKind.image, 5_000_000), (.audio, 16_000_000), (.video, 16_000_000), (.document, 100_000_000),
        ] as [(MediaKind, Int64)])
    func `each kind has its largest size`(kind: MediaKind, limit: Int64) throws {
        let start: [MediaKind: [UInt8]] = [
            .image: [0xFF, 0xD8, 0xFF, 0xE0], .audio: Samples.amr(frames: 1), .video: Samples.film(duration: 1),
            .document: Samples.pdf,
        ]
        let directory = try TemporaryDirectory()
        let path = try directory.write(try #require(start[kind]), to: "file")
        try #require(truncate(path, Int(limit)) == 0)
        #expect(try MediaInspection().describe(MediaFile(path)).kind == kind)
        try #require(truncate(path, Int(limit) + 1) == 0)
        let error = #expect(throws: MediaError.self) { try MediaInspection().describe(MediaFile(path)) }
        #expect(error == .tooLarge(size: limit + 1, limit: limit, kind: kind))
        #expect(error?.code == .mediaTooLarge)
        guard limit < 100_000_000 else { return }
        #expect(try MediaInspection(kind: .document).describe(MediaFile(path)).kind == .document)
    }

    @Test func `a document has a name, as said or as found`() throws {
        func name(_ inspection: MediaInspection) throws -> String? {
            try self.describe(Samples.pdf, inspection).fileName
        }
        #expect(try name(MediaInspection(fileName: "Invoice 7.pdf", sourceName: "x.pdf")) == "Invoice 7.pdf")
        #expect(try name(MediaInspection(sourceName: "x.pdf")) == "x.pdf")
        #expect(try name(MediaInspection(sourceName: "download")) == "download.pdf")
        #expect(try name(MediaInspection()) == "document.pdf")
        #expect(try name(MediaInspection(fileName: "a/b\\c\u{202E}\n.pdf")) == "abc.pdf")
        #expect(try name(MediaInspection(fileName: "..", sourceName: "")) == "document.pdf")
        #expect(try self.describe(Samples.film(duration: 1), MediaInspection(sourceName: "a.mp4")).fileName == nil)
    }

    static let lengths: [(what: String, bytes: [UInt8], seconds: Int?)] = [
        ("opus, 3 s", Samples.opus(position: 3 * 48000 + 312), 3),
        ("opus, a sample more", Samples.opus(position: 3 * 48000 + 313), 4),
        ("opus, another stream's last page", Samples.opus(position: 48000, lastSerial: 8), nil),
        ("opus, nothing played", Samples.opus(position: 312), nil),
        ("opus, unknown position", Samples.opus(position: -1), nil),
        ("opus, absurd position", Samples.opus(position: .max), nil),
        ("vorbis", Samples.vorbis(position: 90_000, rate: 44100), 3),
        ("mp3, constant", Samples.mp3(frames: 100), 3),
        (
            "mp3 behind a tag",
            Samples.mp3(frames: 100, tag: Array("ID3\u{4}\0\0\0\0\u{1}\0".utf8) + [UInt8](repeating: 0, count: 128)), 3
        ),
        ("mp3 with a count", Samples.mp3Frame(content: Array("Xing\0\0\0\u{1}".utf8) + Samples.big(1000, 4)), 27),
        ("mp3, changing rate", Samples.mp3Frame() + Samples.mp3Frame(rateIndex: 10) + Samples.mp3(frames: 9), nil),
        ("mp3, a tag alone", Array("ID3\u{4}\0\0\0\0\u{7F}\u{7F}".utf8), nil),
        ("amr", Samples.amr(frames: 120), 3),
        ("amr, broken", Samples.amr(frames: 3) + [0x48], nil),
        ("film", Samples.film(duration: 2500), 3),
        ("film, moov behind", Samples.film(duration: 3000, moovFirst: false), 3),
        ("film, 64 bits", Samples.film(scale: 90000, duration: 270_000, isLong: true), 3),
        ("film, no scale", Samples.film(scale: 0, duration: 1), nil),
        ("film, absurd", Samples.film(scale: 1, duration: 0xFFFF_FFFF), nil),
        ("film, cut", Array(Samples.film(duration: 3000).prefix(60)), nil),
    ]

    @Test(arguments: lengths.indices)
    func `a length is told where the file tells it`(index: Int) throws {
        let sample = Self.lengths[index]
        #expect(try self.describe(sample.bytes).seconds == sample.seconds, "\(sample.what)")
    }

    @Test func `a film has the size of its picture`() throws {
        let description = try self.describe(Samples.film(duration: 1, width: 640, height: 360))
        #expect(description.width == 640 && description.height == 360)
        #expect(try self.describe(Samples.film(duration: 1, width: 0, height: 0)).width == nil)
    }

    @Test func `no cut and no damage of a file does more than change the answer`() throws {
        var generator = SeededGenerator(seed: 20_261_121)
        let samples =
            Self.formats.map(\.bytes) + Self.lengths.map(\.bytes) + [
                Samples.losslessWebP, try ImageSamples.jpeg(ImageSize(width: 40, height: 30)),
                try ImageSamples.png(ImageSize(width: 40, height: 30)),
            ]
        let directory = try TemporaryDirectory()
        var outcomes = 0
        for sample in samples {
            for _ in 0..<12 {
                var bytes = sample
                for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[index] = Bool.random(using: &generator) ? 0xFF : UInt8.random(in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
                }
                do {
                    _ = try MediaInspection().describe(MediaFile(directory.write(bytes, to: "file")))
                } catch let error as MediaError {
                    #expect(error.code == .mediaType || error.code == .mediaTooLarge, "\(error)")
                }
                outcomes += 1
            }
        }
        #expect(outcomes == samples.count * 12)
    }
}
