/// How a camera was held, by the numbers of Exif (TIFF tag 274).
enum Orientation: UInt16 {
    case upright = 1
    case mirrored, upsideDown, upsideDownMirrored, transposed, turnedLeft, transversed, turnedRight

    /// Whether the image is shown with its sides exchanged.
    var swapsSides: Bool { self.rawValue >= 5 }

    /// Where the pixel that is shown at (x, y) is stored in an image of this size.
    func source(_ x: Int, _ y: Int, of size: ImageSize) -> (x: Int, y: Int) {
        let (right, bottom) = (size.width - 1, size.height - 1)
        return switch self {
        case .upright: (x, y)
        case .mirrored: (right - x, y)
        case .upsideDown: (right - x, bottom - y)
        case .upsideDownMirrored: (x, bottom - y)
        case .transposed: (y, x)
        case .turnedLeft: (y, bottom - x)
        case .transversed: (right - y, bottom - x)
        case .turnedRight: (right - y, x)
        }
    }

    /// Reads the Exif segment of a JPEG; upright when there is none.
    init(jpeg bytes: [UInt8]) {
        let reader = ByteReader(bytes)
        var offset = 2
        while let marker = reader.big(2, at: offset), let length = reader.big(2, at: offset + 2), length >= 2,
            marker >> 8 == 0xFF, marker != 0xFFDA
        {
            if marker == 0xFFE1, let name = reader.bytes(6, at: offset + 4), name.starts(with: Array("Exif\0".utf8)),
                let segment = reader.bytes(Int(length) - 8, at: offset + 10)
            {
                self = Self.read(tiff: ByteReader(Array(segment)))
                return
            }
            offset += 2 + Int(length)
        }
        self = .upright
    }

    private static func read(tiff: ByteReader) -> Orientation {
        let isLittle = tiff.uint16(at: 0) == 0x4949
        func short(_ offset: Int) -> UInt16? {
            isLittle ? tiff.uint16(at: offset) : tiff.big(2, at: offset).map { UInt16($0) }
        }
        let first = isLittle ? tiff.uint32(at: 4).map { Int($0) } : tiff.big(4, at: 4).map { Int($0) }
        guard let first, let count = short(first) else { return .upright }
        for entry in 0..<Int(min(count, 200)) {
            let offset = first + 2 + entry * 12
            guard let tag = short(offset) else { break }
            if tag == 274 { return short(offset + 8).flatMap(Orientation.init) ?? .upright }
        }
        return .upright
    }
}
