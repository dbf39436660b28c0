import CTurboJPEG

/// Decoded pixels: red, green and blue, row by row without gaps.
struct Picture {
    let size: ImageSize
    let pixels: [UInt8]

    /// The longest side of a thumbnail, pixels.
    static let thumbnailSide = 72
    private static let quality: Int32 = 50
    private static let mostBytes = 5000

    /// The picture as a baseline JPEG; `nil` when it does not become small enough.
    func jpeg() -> [UInt8]? {
        guard let compressor = tjInitCompress() else { return nil }
        defer { tjDestroy(compressor) }
        var output: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        let result = tjCompress2(
            compressor, self.pixels, Int32(self.size.width), 0, Int32(self.size.height), Int32(TJPF_RGB.rawValue),
            &output, &count, Int32(TJSAMP_420.rawValue), Self.quality, 0)
        defer { tjFree(output) }
        guard result == 0, let output, count <= Self.mostBytes else { return nil }
        return Array(UnsafeBufferPointer(start: output, count: Int(count)))
    }

    /// The picture as a camera held another way meant it.
    func oriented(_ orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        let size = orientation.swapsSides ? self.size.turned : self.size
        var pixels = [UInt8](repeating: 0, count: self.pixels.count)
        for y in 0..<size.height {
            for x in 0..<size.width {
                let source = orientation.source(x, y, of: self.size)
                let (from, to) = (3 * (source.y * self.size.width + source.x), 3 * (y * size.width + x))
                pixels[to] = self.pixels[from]
                pixels[to + 1] = self.pixels[from + 1]
                pixels[to + 2] = self.pixels[from + 2]
            }
        }
        return Picture(size: size, pixels: pixels)
    }
}
