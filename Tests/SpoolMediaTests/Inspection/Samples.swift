import Foundation

@testable import SpoolMedia

/// Small files of every format, made byte by byte as their specifications say.
enum Samples {
    static let pdf = Array("%PDF-1.7\n%\u{E2}\n1 0 obj\n<<>>\nendobj\n".utf8)

    static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func big(_ value: Int, _ count: Int) -> [UInt8] { self.little(value, count).reversed() }

    // MARK: Ogg

    static func oggPage(serial: Int, position: Int, _ packet: [UInt8]) -> [UInt8] {
        Array("OggS".utf8) + [0, 0] + self.little(position, 8) + self.little(serial, 4) + self.little(0, 8)
            + [1, UInt8(packet.count)] + packet
    }

    /// - Parameter position: The last page's count of samples.
    static func opus(position: Int, preSkip: Int = 312, serial: Int = 7, lastSerial: Int = 7) -> [UInt8] {
        let head = Array("OpusHead".utf8) + [1, 1] + self.little(preSkip, 2) + self.little(16000, 4) + [0, 0, 0]
        return self.oggPage(serial: serial, position: 0, head)
            + self.oggPage(serial: serial, position: 0, Array("OpusTags".utf8))
            + self.oggPage(serial: lastSerial, position: position, [UInt8](repeating: 1, count: 200))
    }

    static func vorbis(position: Int, rate: Int) -> [UInt8] {
        let head = [1] + Array("vorbis".utf8) + self.little(0, 4) + [1] + self.little(rate, 4)
        return self.oggPage(serial: 3, position: 0, head + [UInt8](repeating: 0, count: 14))
            + self.oggPage(serial: 3, position: position, [1, 2, 3])
    }

    // MARK: MP3 and AMR

    /// A frame of 128 kbit/s (index 9) or another rate, 44,100 Hz, stereo.
    static func mp3Frame(rateIndex: UInt8 = 9, content: [UInt8] = []) -> [UInt8] {
        let rates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160]
        let length = 144 * 1000 * rates[Int(rateIndex)] / 44100
        let frame = [0xFF, 0xFB, rateIndex << 4, 0] + [UInt8](repeating: 0, count: 32) + content
        return frame + [UInt8](repeating: 0, count: length - frame.count)
    }

    static func mp3(frames: Int, tag: [UInt8] = []) -> [UInt8] {
        tag + (0..<frames).flatMap { _ in self.mp3Frame() }
    }

    static func amr(frames: Int) -> [UInt8] {
        Array("#!AMR\n".utf8) + (0..<frames).flatMap { _ in [0x3C] + [UInt8](repeating: 9, count: 31) }
    }

    // MARK: MP4

    static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
        self.big(8 + content.count, 4) + Array(type.utf8) + content
    }

    static func film(
        brand: String = "isom", scale: Int = 1000, duration: Int, width: Int = 640, height: Int = 360,
        isLong: Bool = false, moovFirst: Bool = true
    ) -> [UInt8] {
        let times = isLong ? 8 : 4
        let mvhd = [isLong ? 1 : 0, 0, 0, 0] + self.big(0, 2 * times) + self.big(scale, 4) + self.big(duration, times)
        let sound = self.box("trak", self.box("tkhd", self.track(0, 0, times)))
        let picture = self.box("trak", self.box("tkhd", self.track(width, height, times)))
        let movie = self.box("moov", self.box("mvhd", mvhd + [UInt8](repeating: 0, count: 80)) + sound + picture)
        let data = self.box("mdat", [UInt8](repeating: 3, count: 5000))
        let type = self.box("ftyp", Array(brand.utf8) + self.big(0, 4) + Array("isom".utf8))
        return type + (moovFirst ? movie + data : data + movie)
    }

    private static func track(_ width: Int, _ height: Int, _ times: Int) -> [UInt8] {
        [times == 8 ? 1 : 0, 0, 0, 7] + self.big(0, 2 * times) + self.big(1, 4) + self.big(0, 4) + self.big(0, times)
            + [UInt8](repeating: 0, count: 52) + self.big(width << 16, 4) + self.big(height << 16, 4)
    }

    // MARK: Office

    /// A ZIP file with stored, empty members.
    static func zip(_ names: [String], comment: String = "") -> [UInt8] {
        var files: [UInt8] = []
        var list: [UInt8] = []
        for name in names {
            list += [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 24) + self.little(name.utf8.count, 2)
            list += [UInt8](repeating: 0, count: 12) + self.little(files.count, 4) + Array(name.utf8)
            files += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + self.little(name.utf8.count, 2) + [0, 0]
            files += Array(name.utf8)
        }
        let end =
            [0x50, 0x4B, 5, 6] + self.little(0, 4) + self.little(names.count, 2) + self.little(names.count, 2)
            + self.little(list.count, 4) + self.little(files.count, 4) + self.little(comment.utf8.count, 2)
        return files + list + end + Array(comment.utf8)
    }

    static func compound(_ stream: String) -> [UInt8] {
        var header: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [UInt8](repeating: 0, count: 504)
        header.replaceSubrange(30..<32, with: self.little(9, 2))
        header.replaceSubrange(48..<52, with: self.little(2, 4))
        func entry(_ name: String) -> [UInt8] {
            let text = name.utf16.flatMap { unit -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
            return text + [UInt8](repeating: 0, count: 128 - text.count)
        }
        let sectors = [UInt8](repeating: 0xEE, count: 2 * 512)
        return header + sectors + entry("Root Entry") + entry("\u{5}SummaryInformation") + entry(stream) + entry("")
    }

    // MARK: Images

    static let lossyWebP = Array(
        Data(
            base64Encoded:
                "UklGRpoAAABXRUJQVlA4II4AAAAQCQCdASqgAHgAPzmcyVyvLCkko6gB4CcJZ27hc0DqtB7AAA79lwf+01S3774g5sVkskiI0JZz"
                + "YHgxNAzlk9woOewJSDmw7aZc4WQMnkvtxwAA/vyAv/BcXFJv//G8InLRnZw/hx3//jeG/t/0oeDMukhM7rLLwhGkPpUSEoefYR6y"
                + "4QPs+2gWUPLUAwAA") ?? Data())
    static let losslessWebP = Array(
        Data(
            base64Encoded: "UklGRjIAAABXRUJQVlA4TCUAAAAvn8AdEBcQ8y8gKPJ/tPkP+IBA0mYlX/JJl2BE9H8Crk7tJuRVAA==") ?? Data()
    )

    /// Two halves, red and blue, left and right.
    static func halves(_ size: ImageSize, step: Int = 3) -> [UInt8] {
        (0..<size.height).flatMap { _ in
            (0..<size.width).flatMap { x -> [UInt8] in
                (x < size.width / 2 ? [255, 0, 0] : [0, 0, 255]) + (step == 4 ? [255] : [])
            }
        }
    }

    /// A PNG that consists of a header that promises `size` and of the chunks.
    static func png(_ size: ImageSize, interlaced: Bool = false, chunks: [(String, [UInt8])] = []) -> [UInt8] {
        let header = self.big(size.width, 4) + self.big(size.height, 4) + [8, 6, 0, 0, interlaced ? 1 : 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + ([("IHDR", header)] + chunks + [("IEND", [])]).flatMap { name, content -> [UInt8] in
                let typed = Array(name.utf8) + content
                return self.big(content.count, 4) + typed + self.big(Int(self.crc32(typed)), 4)
            }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
        }
    }

    /// Exif with an orientation, to be put behind the first two bytes of a JPEG.
    static func exif(_ orientation: Int, isLittle: Bool) -> [UInt8] {
        let number = isLittle ? self.little : self.big
        let tiff =
            Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(1, 2) + number(274, 2)
            + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0]
        let segment = Array("Exif\0\0".utf8) + tiff
        return [0xFF, 0xE1] + self.big(segment.count + 2, 2) + segment
    }
}
