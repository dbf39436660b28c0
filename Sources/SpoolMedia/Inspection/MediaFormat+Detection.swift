extension MediaFormat {
    /// Finds the format from the bytes; the name only tells apart what looks alike (text and CSV, old Office files).
    /// - Throws: `unreadable`.
    static func detect(in file: MediaFile, name: String?) throws(MediaError) -> MediaFormat {
        let head = try file.read(64 << 10, at: 0)
        if let format = Self.image(head) ?? Self.sound(head) ?? Self.film(head) { return format }
        if head.starts(with: Array("%PDF-".utf8)) { return .pdf }
        if head.starts(with: Self.compoundFile) { return try OfficeFile.legacy(file, head: head, name: name) }
        if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) {
            return try OfficeFile.zipped(file)
        }
        if let executable = Self.executable(head) { return executable }
        let isWhole = Int64(head.count) == file.size
        guard TextRule.isText(head[...], isWhole: isWhole) else { return .other("of an unknown format") }
        if TextRule.isWebPage(head) { return .other("a web page") }
        return FileName.fileExtension(of: name) == "csv" ? .csv : .text
    }

    private static let compoundFile: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]

    private static func image(_ head: [UInt8]) -> MediaFormat? {
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if Self.tag(head, at: 0) == "RIFF", Self.tag(head, at: 8) == "WEBP" { return .webp }
        if Self.tag(head, at: 0) == "GIF8" { return .gif }
        return nil
    }

    private static func sound(_ head: [UInt8]) -> MediaFormat? {
        if head.starts(with: Array("#!AMR\n".utf8)) { return .amr }
        if head.starts(with: Array("#!AMR-WB\n".utf8)) { return .amrWideband }
        if Self.tag(head, at: 0) == "OggS" {
            guard let stream = OggStream(head: head) else { return .other("an OGG file without sound") }
            return stream.codec == .opus ? .oggOpus : .oggVorbis
        }
        if head.starts(with: Array("ID3".utf8)) || MP3Frame.begins(head) { return .mp3 }
        if head.count > 1, head[0] == 0xFF, head[1] & 0xF6 == 0xF0 { return .aac }
        if Self.tag(head, at: 0) == "RIFF", Self.tag(head, at: 8) == "WAVE" { return .other("a WAV file") }
        if Self.tag(head, at: 0) == "fLaC" { return .other("a FLAC file") }
        return nil
    }

    private static func film(_ head: [UInt8]) -> MediaFormat? {
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return .other("a WEBM or MKV file") }
        if Self.tag(head, at: 0) == "RIFF", Self.tag(head, at: 8) == "AVI " { return .other("an AVI file") }
        guard Self.tag(head, at: 4) == "ftyp", let brand = Self.tag(head, at: 8) else { return nil }
        switch brand {
        case "M4A ", "M4B ", "M4P ": return .m4a
        case "qt  ": return .other("a QuickTime film")
        case "heic", "heix", "heim", "hevc", "mif1", "msf1": return .other("a HEIC image")
        case "avif", "avis": return .other("an AVIF image")
        default: return brand.hasPrefix("3g") ? .threeGP : .mp4
        }
    }

    private static func executable(_ head: [UInt8]) -> MediaFormat? {
        let isProgram = head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) || head.starts(with: Array("MZ".utf8))
        return isProgram && head.contains(0) ? .other("a program") : nil
    }

    /// Four bytes as text.
    private static func tag(_ bytes: [UInt8], at offset: Int) -> String? {
        guard bytes.count >= offset + 4 else { return nil }
        return String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
    }
}
