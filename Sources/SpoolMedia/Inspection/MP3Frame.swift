/// One frame header of MPEG audio layer III, and what it says of the whole file.
struct MP3Frame {
    private let isMPEG1: Bool
    private let isMono: Bool
    private let bitRate: Int
    private let sampleRate: Int
    private let padding: Int

    /// `nil` unless a valid header of layer III is at `offset`.
    init?(_ reader: ByteReader, at offset: Int) {
        guard let word = reader.big(4, at: offset), word >> 21 == 0x7FF, word >> 17 & 3 == 1 else { return nil }
        let (version, rate, frequency) = (Int(word >> 19 & 3), Int(word >> 12 & 15), Int(word >> 10 & 3))
        guard version != 1, rate != 0, rate != 15, frequency != 3 else { return nil }
        self.isMPEG1 = version == 3
        self.isMono = word >> 6 & 3 == 3
        self.bitRate = 1000 * (self.isMPEG1 ? Self.bitRates1 : Self.bitRates2)[rate]
        self.sampleRate = [44100, 48000, 32000][frequency] / [0: 4, 2: 2, 3: 1][version, default: 1]
        self.padding = Int(word >> 9 & 1)
    }

    private static let bitRates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    private static let bitRates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

    private var samples: Int { self.isMPEG1 ? 1152 : 576 }
    private var length: Int { self.samples / 8 * self.bitRate / self.sampleRate + self.padding }

    /// Whether bytes begin with two frames in a row: one header alone may be chance.
    static func begins(_ head: [UInt8]) -> Bool {
        let reader = ByteReader(head)
        guard let first = MP3Frame(reader, at: 0) else { return false }
        return MP3Frame(reader, at: first.length) != nil || reader.count == first.length
    }

    /// Whole seconds, rounded up: from the count of frames where an encoder left one, else from the bit rate if the
    /// first frames agree on it.
    static func seconds(of file: MediaFile) throws(MediaError) -> Int? {
        let start = try Self.endOfTag(file)
        let reader = ByteReader(try file.read(32 << 10, at: start))
        guard let offset = (0..<min(4096, reader.count)).first(where: { MP3Frame(reader, at: $0) != nil }),
            let frame = MP3Frame(reader, at: offset)
        else { return nil }
        if let count = frame.countOfFrames(reader, at: offset) {
            return Seconds.whole(count * UInt64(frame.samples), per: UInt64(frame.sampleRate))
        }
        var next = offset
        for _ in 0..<20 {
            guard let follower = MP3Frame(reader, at: next) else { break }
            guard follower.bitRate == frame.bitRate else { return nil }
            next += follower.length
        }
        return Seconds.whole(UInt64(file.size - start) * 8, per: UInt64(frame.bitRate))
    }

    /// Behind the ID3v2 tag at the beginning, if there is one.
    private static func endOfTag(_ file: MediaFile) throws(MediaError) -> Int64 {
        let tag = ByteReader(try file.read(10, at: 0))
        guard let name = tag.bytes(3, at: 0), name.elementsEqual(Array("ID3".utf8)), let size = tag.bytes(4, at: 6)
        else {
            return 0
        }
        return 10 + size.reduce(0) { $0 << 7 | Int64($1 & 0x7F) }
    }

    /// What the header `Xing` or `Info` (behind the side information) or `VBRI` says.
    private func countOfFrames(_ reader: ByteReader, at offset: Int) -> UInt64? {
        let side = self.isMPEG1 ? (self.isMono ? 17 : 32) : (self.isMono ? 9 : 17)
        let xing = offset + 4 + side
        if let tag = reader.tag(at: xing), tag == "Xing" || tag == "Info", let flags = reader.big(4, at: xing + 4) {
            return flags & 1 == 1 ? reader.big(4, at: xing + 8) : nil
        }
        return reader.tag(at: offset + 36) == "VBRI" ? reader.big(4, at: offset + 50) : nil
    }
}
