/// Length and picture size of an MP4 or 3GP file (ISO/IEC 14496-12): the boxes `mvhd` and `tkhd` inside `moov`.
struct MP4Header {
    private(set) var seconds: Int?
    private(set) var width: Int?
    private(set) var height: Int?

    init(_ file: MediaFile) throws(MediaError) {
        guard let movie = try Self.movie(in: file) else { return }
        let boxes = ByteReader(try file.read(Int(min(movie.size, Int64(Self.largestMovie))), at: movie.offset))
        Self.forEachBox(of: boxes, in: 0..<boxes.count) { type, content in
            if type == "mvhd" { self.seconds = Self.seconds(boxes, content.lowerBound) }
            guard type == "trak" else { return }
            Self.forEachBox(of: boxes, in: content) { type, content in
                if type == "tkhd" { self.takeSize(boxes, content.lowerBound) }
            }
        }
    }

    private static let largestMovie = 1 << 20
    private static let mostBoxes = 1000

    /// Where the content of the box `moov` is: in front of the sound and picture data or behind it.
    private static func movie(in file: MediaFile) throws(MediaError) -> (offset: Int64, size: Int64)? {
        var offset: Int64 = 0
        for _ in 0..<Self.mostBoxes {
            let head = ByteReader(try file.read(16, at: offset))
            guard let type = head.tag(at: 4), let (header, size) = Self.extent(head, at: 0, left: file.size - offset)
            else {
                return nil
            }
            if type == "moov" { return (offset + header, size - header) }
            offset += size
        }
        return nil
    }

    /// The length of a box's header and of the whole box; `nil` when it does not fit into what is left.
    private static func extent(_ reader: ByteReader, at offset: Int, left: Int64) -> (header: Int64, size: Int64)? {
        guard let short = reader.big(4, at: offset) else { return nil }
        let header: Int64 = short == 1 ? 16 : 8
        let size: Int64?
        switch short {
        case 0: size = left
        case 1: size = reader.big(8, at: offset + 8).flatMap { Int64(exactly: $0) }
        default: size = Int64(short)
        }
        guard let size, size >= header, size <= left else { return nil }
        return (header, size)
    }

    private static func forEachBox(
        of reader: ByteReader, in range: Range<Int>, _ body: (String, Range<Int>) -> Void
    ) {
        var offset = range.lowerBound
        for _ in 0..<Self.mostBoxes {
            guard let type = reader.tag(at: offset + 4),
                let (header, size) = Self.extent(reader, at: offset, left: Int64(range.upperBound - offset))
            else { return }
            body(type, offset + Int(header)..<offset + Int(size))
            offset += Int(size)
        }
    }

    private static func seconds(_ reader: ByteReader, _ start: Int) -> Int? {
        let isLong = reader.uint8(at: start) == 1
        guard let scale = reader.big(4, at: start + (isLong ? 20 : 12)),
            let duration = isLong ? reader.big(8, at: start + 24) : reader.big(4, at: start + 16)
        else { return nil }
        return Seconds.whole(duration, per: scale)
    }

    /// The first track with a size is the picture; sizes are 16.16 fixed point.
    private mutating func takeSize(_ reader: ByteReader, _ start: Int) {
        let sizes = start + (reader.uint8(at: start) == 1 ? 88 : 76)
        guard self.width == nil, let width = reader.big(2, at: sizes), let height = reader.big(2, at: sizes + 4),
            width > 0, height > 0
        else { return }
        self.width = Int(width)
        self.height = Int(height)
    }
}
