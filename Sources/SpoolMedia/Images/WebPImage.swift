import CWebP

/// A WebP of which only the header has been read.
struct WebPImage {
    let size: ImageSize
    private let bytes: [UInt8]
    private let features: WebPBitstreamFeatures

    /// `nil` when there is no valid header.
    init?(_ bytes: [UInt8]) {
        var features = WebPBitstreamFeatures()
        guard WebPGetFeatures(bytes, bytes.count, &features) == VP8_STATUS_OK else { return nil }
        self.features = features
        self.size = ImageSize(width: Int(features.width), height: Int(features.height))
        self.bytes = bytes
    }

    /// A small JPEG, or `nil` when the image cannot be decoded within the budget. An animated one has none.
    func thumbnail() -> [UInt8]? {
        // Only a lossy image is decoded by rows; lossless or mixed ones are held whole.
        let isLossy = self.features.format == 1
        guard self.features.has_animation == 0, isLossy || 4 * self.size.pixels <= ImageSize.memoryBudget else {
            return nil
        }
        var configuration = WebPDecoderConfig()
        guard WebPInitDecoderConfig(&configuration) != 0 else { return nil }
        let target = self.size.fitting(Picture.thumbnailSide)
        configuration.options.use_scaling = 1
        configuration.options.scaled_width = Int32(target.width)
        configuration.options.scaled_height = Int32(target.height)
        configuration.output.colorspace = MODE_RGBA
        defer { WebPFreeDecBuffer(&configuration.output) }
        guard WebPDecode(self.bytes, self.bytes.count, &configuration) == VP8_STATUS_OK,
            let pixels = configuration.output.u.RGBA.rgba
        else { return nil }
        var scaler = BoxScaler(target, to: target)
        for y in 0..<target.height {
            let row = pixels + y * Int(configuration.output.u.RGBA.stride)
            scaler.add(UnsafeBufferPointer(start: row, count: 4 * target.width), step: 4, at: y)
        }
        return scaler.finish()?.jpeg()
    }
}
