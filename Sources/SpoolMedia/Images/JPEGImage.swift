import CTurboJPEG

/// A JPEG of which only the header has been read.
struct JPEGImage {
    /// As stored, before the orientation is applied.
    let size: ImageSize
    let orientation: Orientation
    private let bytes: [UInt8]
    private let subsampling: Int32

    /// `nil` when there is no valid header.
    init?(_ bytes: [UInt8]) {
        guard let decoder = tjInitDecompress() else { return nil }
        defer { tjDestroy(decoder) }
        var (width, height, subsampling, colors): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let result = tjDecompressHeader3(decoder, bytes, UInt(bytes.count), &width, &height, &subsampling, &colors)
        guard result == 0, width > 0, height > 0 else { return nil }
        self.size = ImageSize(width: Int(width), height: Int(height))
        self.orientation = Orientation(jpeg: bytes)
        self.bytes = bytes
        self.subsampling = subsampling
    }

    /// As people see it.
    var shownSize: ImageSize { self.orientation.swapsSides ? self.size.turned : self.size }

    /// A small JPEG, or `nil` when the image cannot be decoded within the budget.
    func thumbnail() -> [UInt8]? {
        guard self.scans <= Self.mostScans, !self.isProgressive || self.coefficients <= ImageSize.memoryBudget,
            let decoded = self.decodedSmall()
        else { return nil }
        var scaler = BoxScaler(decoded.size, to: decoded.size.fitting(Picture.thumbnailSide))
        decoded.pixels.withUnsafeBufferPointer { pixels in
            let length = 3 * decoded.size.width
            for y in 0..<decoded.size.height {
                scaler.add(UnsafeBufferPointer(rebasing: pixels[(y * length)..<((y + 1) * length)]), step: 3, at: y)
            }
        }
        return scaler.finish()?.oriented(self.orientation).jpeg()
    }

    /// Decodes at the smallest of the eighths of the size that is enough for a thumbnail.
    private func decodedSmall() -> Picture? {
        guard let decoder = tjInitDecompress() else { return nil }
        defer { tjDestroy(decoder) }
        let wanted = min(max(self.size.width, self.size.height), 2 * Picture.thumbnailSide)
        let sizes = [1, 2, 4, 8].map { eighths in
            ImageSize(width: (self.size.width * eighths + 7) / 8, height: (self.size.height * eighths + 7) / 8)
        }
        guard let size = sizes.first(where: { max($0.width, $0.height) >= wanted }),
            3 * size.pixels <= ImageSize.memoryBudget
        else { return nil }
        var pixels = [UInt8](repeating: 0, count: 3 * size.pixels)
        let result = tjDecompress2(
            decoder, self.bytes, UInt(self.bytes.count), &pixels, Int32(size.width), 0, Int32(size.height),
            Int32(TJPF_RGB.rawValue), TJFLAG_LIMITSCANS)
        // A file that ends early still shows what came before.
        guard result == 0 || tjGetErrorCode(decoder) == Int32(TJERR_WARNING.rawValue) else { return nil }
        return Picture(size: size, pixels: pixels)
    }

    /// Every scan of a progressive image goes over all of it: thousands of tiny ones would take minutes.
    private static let mostScans = 40

    private var scans: Int { self.markers { $0 == 0xDA } }

    private var isProgressive: Bool { self.markers { $0 == 0xC2 || $0 == 0xC6 || $0 == 0xCA || $0 == 0xCE } > 0 }

    /// Bytes of memory for the coefficients of a progressive image: two for each sample.
    private var coefficients: Int {
        switch self.subsampling {
        case Int32(TJSAMP_420.rawValue): 3 * self.size.pixels
        case Int32(TJSAMP_GRAY.rawValue): 2 * self.size.pixels
        default: 8 * self.size.pixels
        }
    }

    /// How many markers there are of those that `isWanted` knows; in image data 0xFF is followed by 0 or a restart.
    private func markers(_ isWanted: (UInt8) -> Bool) -> Int {
        self.bytes.withUnsafeBufferPointer { bytes in
            var count = 0
            for index in 0..<max(0, bytes.count - 1) where bytes[index] == 0xFF && isWanted(bytes[index + 1]) {
                count += 1
            }
            return count
        }
    }
}
