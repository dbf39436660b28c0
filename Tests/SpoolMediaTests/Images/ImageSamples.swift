import CSPNG
import CTurboJPEG
import Glibc

@testable import SpoolMedia

struct NoSample: Error {}

/// Images as the libraries write them: red on the left, blue on the right.
enum ImageSamples {
    static func jpeg(
        _ size: ImageSize, progressive: Bool = false, format: TJPF = TJPF_RGB, subsampling: TJSAMP = TJSAMP_420
    ) throws -> [UInt8] {
        guard let compressor = tjInitCompress() else { throw NoSample() }
        defer { tjDestroy(compressor) }
        var output: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        let pixels = Samples.halves(size, step: format == TJPF_CMYK ? 4 : 3)
        let result = tjCompress2(
            compressor, pixels, Int32(size.width), 0, Int32(size.height), Int32(format.rawValue), &output, &count,
            Int32(subsampling.rawValue), 80, progressive ? TJFLAG_PROGRESSIVE : 0)
        defer { tjFree(output) }
        guard result == 0, let output else { throw NoSample() }
        return Array(UnsafeBufferPointer(start: output, count: Int(count)))
    }

    static func png(_ size: ImageSize, interlaced: Bool = false, pixels: [UInt8]? = nil) throws -> [UInt8] {
        guard let encoder = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else { throw NoSample() }
        defer { spng_ctx_free(encoder) }
        var header = spng_ihdr(
            width: UInt32(size.width), height: UInt32(size.height), bit_depth: 8, color_type: 6, compression_method: 0,
            filter_method: 0, interlace_method: interlaced ? 1 : 0)
        let pixels = pixels ?? Samples.halves(size, step: 4)
        var (length, status): (Int, Int32) = (0, 0)
        guard spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1) == 0, spng_set_ihdr(encoder, &header) == 0,
            spng_encode_image(
                encoder, pixels, pixels.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue)) == 0,
            let bytes = spng_get_png_buffer(encoder, &length, &status)
        else { throw NoSample() }
        defer { free(bytes) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: length))
    }

    /// Decodes a thumbnail.
    static func decode(_ bytes: [UInt8]) throws -> Picture {
        guard let decoder = tjInitDecompress(), let image = JPEGImage(bytes) else { throw NoSample() }
        defer { tjDestroy(decoder) }
        var pixels = [UInt8](repeating: 0, count: 3 * image.size.pixels)
        let result = tjDecompress2(
            decoder, bytes, UInt(bytes.count), &pixels, Int32(image.size.width), 0, Int32(image.size.height),
            Int32(TJPF_RGB.rawValue), 0)
        guard result == 0 else { throw NoSample() }
        return Picture(size: image.size, pixels: pixels)
    }
}

extension Picture {
    enum Color: Equatable { case red, blue, white, other }

    func color(_ x: Int, _ y: Int) -> Color {
        let pixel = self.pixels[(3 * (y * self.size.width + x))...].prefix(3).map { $0 > 200 ? 2 : $0 < 55 ? 0 : 1 }
        switch pixel {
        case [2, 0, 0]: return .red
        case [0, 0, 2]: return .blue
        case [2, 2, 2]: return .white
        default: return .other
        }
    }
}
