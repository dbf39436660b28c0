import CTurboJPEG
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct ThumbnailTests {
    private func describe(_ bytes: [UInt8]) throws -> MediaDescription {
        let directory = try TemporaryDirectory()
        return try MediaInspection().describe(MediaFile(directory.write(bytes, to: "file")))
    }

    private func picture(_ bytes: [UInt8]) throws -> Picture {
        let thumbnail = try #require(try self.describe(bytes).thumbnail)
        #expect(thumbnail.count <= 5000)
        return try ImageSamples.decode(thumbnail)
    }

    private static let wide = ImageSize(width: 401, height: 200)

    static let images: [(what: String, make: @Sendable () throws -> [UInt8])] = [
        ("jpeg", { try ImageSamples.jpeg(wide) }),
        ("progressive jpeg", { try ImageSamples.jpeg(wide, progressive: true) }),
        ("jpeg 4:4:4", { try ImageSamples.jpeg(wide, subsampling: TJSAMP_444) }),
        ("png", { try ImageSamples.png(wide) }),
        ("interlaced png", { try ImageSamples.png(wide, interlaced: true) }),
    ]

    @Test(arguments: images.indices)
    func `a thumbnail shows the image, small`(index: Int) throws {
        let bytes = try Self.images[index].make()
        let description = try self.describe(bytes)
        #expect(description.width == 401 && description.height == 200, "\(Self.images[index].what)")
        let picture = try self.picture(bytes)
        #expect(picture.size == ImageSize(width: 72, height: 35))
        #expect(picture.color(10, 17) == .red && picture.color(60, 17) == .blue, "\(Self.images[index].what)")
    }

    @Test func `both forms of WebP have one, transparency shows white`() throws {
        for bytes in [Samples.lossyWebP, Samples.losslessWebP] {
            let description = try self.describe(bytes)
            #expect(description.width == 160 && description.height == 120)
            let picture = try self.picture(bytes)
            #expect(picture.size == ImageSize(width: 72, height: 54))
            #expect(picture.color(10, 10) == .red && picture.color(60, 10) == .blue)
        }
        #expect(try self.picture(Samples.losslessWebP).color(36, 45) == .white)
    }

    @Test func `a transparent PNG shows white`() throws {
        let size = ImageSize(width: 100, height: 100)
        let bytes = try ImageSamples.png(size, pixels: [UInt8](repeating: 0, count: 4 * size.pixels))
        #expect(try self.picture(bytes).color(36, 36) == .white)
    }

    @Test func `a small image is not made larger`() throws {
        #expect(
            try self.picture(ImageSamples.jpeg(ImageSize(width: 20, height: 10))).size == .init(width: 20, height: 10))
        #expect(try self.picture(ImageSamples.png(ImageSize(width: 1, height: 1))).size == .init(width: 1, height: 1))
        #expect(
            try self.picture(ImageSamples.png(ImageSize(width: 900, height: 1))).size == .init(width: 72, height: 1))
    }

    @Test(arguments: 1...8)
    func `a thumbnail stands as the camera was held`(orientation: Int) throws {
        for isLittle in [true, false] {
            var bytes = try ImageSamples.jpeg(ImageSize(width: 160, height: 80))
            bytes.insert(contentsOf: Samples.exif(orientation, isLittle: isLittle), at: 2)
            let description = try self.describe(bytes)
            let picture = try self.picture(bytes)
            #expect(description.width == (orientation < 5 ? 160 : 80))
            #expect(picture.size == (orientation < 5 ? .init(width: 72, height: 36) : .init(width: 36, height: 72)))
            // Where the left half of what is stored has to be seen.
            let red: (Int, Int) =
                switch orientation {
                case 1, 4: (10, 18)
                case 2, 3: (60, 18)
                case 5, 6: (18, 10)
                default: (18, 60)
                }
            #expect(picture.color(red.0, red.1) == .red, "orientation \(orientation)")
            #expect(picture.color(picture.size.width - 1 - red.0, picture.size.height - 1 - red.1) == .blue)
        }
    }

    @Test func `the stored pixel of every orientation is the one that Exif means`() {
        let size = ImageSize(width: 3, height: 2)
        // Row 0 and column 0 of what is stored, as TIFF 6.0 names the sides they are seen at.
        let corners: [(Orientation, x: Int, y: Int)] = [
            (.upright, 0, 0), (.mirrored, 2, 0), (.upsideDown, 2, 1), (.upsideDownMirrored, 0, 1), (.transposed, 0, 0),
            (.turnedLeft, 1, 0), (.transversed, 1, 2), (.turnedRight, 0, 2),
        ]
        for (orientation, x, y) in corners {
            #expect(orientation.source(x, y, of: size) == (0, 0), "\(orientation)")
        }
    }

    @Test func `an image of too many pixels is refused before it is decoded`() throws {
        for size in [ImageSize(width: 60000, height: 60000), ImageSize(width: 500_000, height: 1000)] {
            let error = #expect(throws: MediaError.self) { try self.describe(Samples.png(size)) }
            #expect(error == .tooManyPixels(width: size.width, height: size.height))
            #expect(error?.code == .mediaTooLarge)
        }
        var jpeg = try ImageSamples.jpeg(ImageSize(width: 16, height: 16))
        let start = try #require(jpeg.indices.first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
        jpeg.replaceSubrange(start + 5..<start + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        #expect(throws: MediaError.tooManyPixels(width: 65500, height: 65500)) { try self.describe(jpeg) }
    }

    @Test func `an image that is only too dear to decode goes without a thumbnail`() throws {
        let interlaced = try self.describe(Samples.png(ImageSize(width: 8000, height: 8000), interlaced: true))
        #expect(interlaced.thumbnail == nil && interlaced.width == 8000)
        let large = try self.describe(Samples.png(ImageSize(width: 15000, height: 15000)))
        #expect(large.thumbnail == nil && large.height == 15000)
        var progressive = try ImageSamples.jpeg(ImageSize(width: 16, height: 16), progressive: true)
        let start = try #require(progressive.indices.first { progressive[$0...].starts(with: [0xFF, 0xC2]) })
        progressive.replaceSubrange(start + 5..<start + 9, with: [0x20, 0, 0x20, 0])
        #expect(try self.describe(progressive).thumbnail == nil)
    }

    @Test func `an image of a great many scans goes without a thumbnail`() throws {
        let bytes = try ImageSamples.jpeg(ImageSize(width: 64, height: 64), progressive: true)
        #expect(try self.describe(bytes).thumbnail != nil)
        let scan = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xFF, 0xDA]) })
        let scans = [[UInt8]](repeating: Array(bytes[scan...].dropLast(2)), count: 1000).joined()
        let bomb = bytes.dropLast(2) + scans + [0xFF, 0xD9]
        #expect(try self.describe(Array(bomb)).thumbnail == nil)
    }

    @Test func `a broken image is sent without size and thumbnail`() throws {
        let description = try self.describe([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 1, 2, 3])
        #expect(description.kind == .image && description.thumbnail == nil && description.width == nil)
        let cut = try ImageSamples.png(ImageSize(width: 200, height: 200)).prefix(80)
        #expect(try self.describe(Array(cut)).thumbnail == nil)
        #expect(try self.describe(Array(cut)).width == 200)
    }

    @Test func `an image in printers' colours goes without a thumbnail`() throws {
        let bytes = try ImageSamples.jpeg(ImageSize(width: 64, height: 64), format: TJPF_CMYK, subsampling: TJSAMP_444)
        let description = try self.describe(bytes)
        #expect(description.width == 64 && description.thumbnail == nil)
    }
}
