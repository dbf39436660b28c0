/// The first stream of an Ogg file (RFC 3533), as far as its length needs it: the last page counts the samples.
struct OggStream {
    enum Codec { case opus, vorbis }

    let codec: Codec
    private let serial: UInt32
    private let samplesPerSecond: UInt32
    /// Samples at the beginning that are not played.
    private let preSkip: UInt64

    /// `nil` unless the first page is the head of an Opus (RFC 7845) or Vorbis stream.
    init?(head: [UInt8]) {
        let page = ByteReader(head)
        guard page.tag(at: 0) == "OggS", let segments = page.uint8(at: 26), let serial = page.uint32(at: 14) else {
            return nil
        }
        let packet = 27 + Int(segments)
        self.serial = serial
        if let name = page.bytes(8, at: packet), name.elementsEqual(Array("OpusHead".utf8)),
            let skipped = page.uint16(at: packet + 10)
        {
            self.codec = .opus
            self.samplesPerSecond = 48000
            self.preSkip = UInt64(skipped)
        } else if let name = page.bytes(7, at: packet), name.elementsEqual([1] + Array("vorbis".utf8)),
            let rate = page.uint32(at: packet + 12), rate > 0
        {
            self.codec = .vorbis
            self.samplesPerSecond = rate
            self.preSkip = 0
        } else {
            return nil
        }
    }

    /// Whole seconds, rounded up; `nil` when the last page is not this stream's.
    func seconds(of file: MediaFile) throws(MediaError) -> Int? {
        // A page has at most 65,307 bytes.
        let tailSize = Int64(128 << 10)
        let tail = try file.read(Int(tailSize), at: max(0, file.size - tailSize))
        let reader = ByteReader(tail)
        let pages = tail.indices.lazy.reversed().filter {
            tail[$0] == UInt8(ascii: "O") && reader.tag(at: $0) == "OggS"
        }
        for page in pages where reader.uint32(at: page + 14) == self.serial {
            guard let position = reader.uint64(at: page + 6), position != .max else { continue }
            guard position > self.preSkip else { return nil }
            return Seconds.whole((position - self.preSkip), per: UInt64(self.samplesPerSecond))
        }
        return nil
    }
}

/// Lengths as messages carry them.
enum Seconds {
    /// `count` units in whole seconds, rounded up; `nil` for nothing, and for more than a day, which no file that we
    /// send lasts.
    static func whole(_ count: UInt64, per second: UInt64) -> Int? {
        guard second > 0, count > 0 else { return nil }
        let (seconds, rest) = count.quotientAndRemainder(dividingBy: second)
        return seconds < 86400 ? Int(seconds) + (rest > 0 ? 1 : 0) : nil
    }
}
