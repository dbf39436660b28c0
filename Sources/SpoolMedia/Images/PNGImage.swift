import CSPNG

/// A PNG of which only the header has been read.
struct PNGImage {
    let size: ImageSize
    private let bytes: [UInt8]
    private let isInterlaced: Bool

    /// `nil` when there is no valid header.
    init?(_ bytes: [UInt8]) {
        let header: spng_ihdr? = Self.withDecoder(bytes) { decoder in
            var header = spng_ihdr()
            return spng_get_ihdr(decoder, &header) == 0 ? header : nil
        }
        guard let header else { return nil }
        self.size = ImageSize(width: Int(header.width), height: Int(header.height))
        self.isInterlaced = header.interlace_method != 0
        self.bytes = bytes
    }

    /// A small JPEG, or `nil` when the image cannot be decoded within the budget.
    func thumbnail() -> [UInt8]? {
        guard self.size.pixels <= Self.mostPixels else { return nil }
        return Self.withDecoder(self.bytes) { decoder in
            var length = 0
            guard spng_decoded_image_size(decoder, Self.format, &length) == 0 else { return nil }
            let picture = self.isInterlaced ? self.whole(decoder, length) : self.byRows(decoder)
            return picture?.jpeg()
        }
    }

    /// About two seconds' work.
    private static let mostPixels = 64_000_000
    private static let format = Int32(SPNG_FMT_RGBA8.rawValue)
    private static let transparency = Int32(SPNG_DECODE_TRNS.rawValue)

    private static func withDecoder<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
        guard let decoder = spng_ctx_new(0) else { return nil }
        defer { spng_ctx_free(decoder) }
        return bytes.withUnsafeBytes { buffer in
            // Texts and profiles, which we have no use for, may be compressed a thousandfold.
            guard spng_set_chunk_limits(decoder, 1 << 20, 4 << 20) == 0,
                spng_set_crc_action(decoder, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_DISCARD.rawValue)) == 0,
                spng_set_png_buffer(decoder, buffer.baseAddress, buffer.count) == 0
            else { return nil }
            return body(decoder)
        }
    }

    private func byRows(_ decoder: OpaquePointer) -> Picture? {
        let flags = Self.transparency | Int32(SPNG_DECODE_PROGRESSIVE.rawValue)
        guard spng_decode_image(decoder, nil, 0, Self.format, flags) == 0 else { return nil }
        var scaler = BoxScaler(self.size, to: self.size.fitting(Picture.thumbnailSide))
        var row = [UInt8](repeating: 0, count: 4 * self.size.width)
        for y in 0..<self.size.height {
            let result = spng_decode_row(decoder, &row, row.count)
            let isLast = y == self.size.height - 1
            guard result == 0 || isLast && result == Int32(SPNG_EOI.rawValue) else { return nil }
            row.withUnsafeBufferPointer { scaler.add($0, step: 4, at: y) }
        }
        return scaler.finish()
    }

    private func whole(_ decoder: OpaquePointer, _ length: Int) -> Picture? {
        guard length == 4 * self.size.pixels, length <= ImageSize.memoryBudget else { return nil }
        var pixels = [UInt8](repeating: 0, count: length)
        guard spng_decode_image(decoder, &pixels, length, Self.format, Self.transparency) == 0 else { return nil }
        var scaler = BoxScaler(self.size, to: self.size.fitting(Picture.thumbnailSide))
        pixels.withUnsafeBufferPointer { pixels in
            let length = 4 * self.size.width
            for y in 0..<self.size.height {
                scaler.add(UnsafeBufferPointer(rebasing: pixels[(y * length)..<((y + 1) * length)]), step: 4, at: y)
            }
        }
        return scaler.finish()
    }
}
