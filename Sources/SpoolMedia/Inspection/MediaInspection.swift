public import SpoolCore

/// Looks into a file: what it is, whether it may be sent as what was said, and what a message tells about it.
public struct MediaInspection: Hashable, Sendable {
    /// The row's own word, `mediaType`.
    public var kind: MediaKind?
    /// The row's own word, `fileName`.
    public var fileName: String?
    /// What the server said the file is.
    public var contentType: String?
    /// The name that the file has at its source.
    public var sourceName: String?

    public init(
        kind: MediaKind? = nil, fileName: String? = nil, contentType: String? = nil, sourceName: String? = nil
    ) {
        self.kind = kind
        self.fileName = fileName
        self.contentType = contentType
        self.sourceName = sourceName
    }

    /// Reads a few KiB of the file, or the whole of an image. Blocks.
    /// - Throws: `unsupported`, `mismatch`, `tooLarge`, `tooManyPixels`, `empty`. What only adorns a message, such as a
    ///   thumbnail or a length, is left out when it cannot be had.
    public func describe(_ file: MediaFile) throws(MediaError) -> MediaDescription {
        guard file.size > 0 else { throw .empty }
        let name = self.sourceName ?? self.fileName
        let format = try MediaFormat.detect(in: file, name: name)
        let kind = try self.kind(of: format)
        guard file.size <= kind.maximumSize else {
            throw .tooLarge(size: file.size, limit: kind.maximumSize, kind: kind)
        }
        var description = MediaDescription(
            kind: kind, mimeType: format.mimeType, fileName: self.shownName(format, kind), size: file.size)
        switch kind {
        case .image: try Self.describeImage(file, format, &description)
        case .audio:
            description.isVoiceNote = format == .oggOpus
            description.seconds = try Self.seconds(of: file, format)
        case .video:
            let header = try MP4Header(file)
            (description.seconds, description.width, description.height) = (header.seconds, header.width, header.height)
        case .document: break
        }
        return description
    }

    /// What the file is sent as: as said, if its bytes are that; anything may be sent as a document.
    private func kind(of format: MediaFormat) throws(MediaError) -> MediaKind {
        guard let family = format.family else { throw .unsupported(found: format.name) }
        if let claim = self.claim, claim.kind != family { throw .mismatch(said: claim.words, found: format.name) }
        if self.kind == .document { return .document }
        guard let kind = format.kind else { throw .unsupported(found: format.name) }
        if let said = self.kind, said != kind { throw .mismatch(said: said.rawValue, found: format.name) }
        return kind
    }

    /// What the source says of the file: the server if it says anything, else the name.
    private var claim: (kind: MediaKind, words: String)? {
        if let type = self.contentType.map(ContentType.init), let kind = type.kind { return (kind, type.text) }
        return FileName.kind(of: self.sourceName).map { ($0, ".\(FileName.fileExtension(of: self.sourceName))") }
    }

    private func shownName(_ format: MediaFormat, _ kind: MediaKind) -> String? {
        if let name = self.fileName.flatMap(FileName.presentable) { return name }
        guard kind == .document else { return nil }
        let name = self.sourceName.flatMap(FileName.presentable) ?? "document"
        return FileName.fileExtension(of: name).isEmpty ? "\(name).\(format.fileExtension)" : name
    }

    private static func seconds(of file: MediaFile, _ format: MediaFormat) throws(MediaError) -> Int? {
        switch format {
        case .oggOpus, .oggVorbis: try OggStream(head: file.read(4096, at: 0))?.seconds(of: file)
        case .mp3: try MP3Frame.seconds(of: file)
        case .amr: try AMRFrames.seconds(of: file, isWideband: false)
        case .amrWideband: try AMRFrames.seconds(of: file, isWideband: true)
        default: nil
        }
    }

    private static func describeImage(
        _ file: MediaFile, _ format: MediaFormat, _ description: inout MediaDescription
    ) throws(MediaError) {
        let bytes = try file.read(Int(file.size), at: 0)
        let size: ImageSize?
        switch format {
        case .jpeg:
            let image = JPEGImage(bytes)
            size = image?.shownSize
            try size?.check()
            description.thumbnail = image?.thumbnail()
        case .png:
            let image = PNGImage(bytes)
            size = image?.size
            try size?.check()
            description.thumbnail = image?.thumbnail()
        case .webp:
            let image = WebPImage(bytes)
            size = image?.size
            try size?.check()
            description.thumbnail = image?.thumbnail()
        default: size = nil
        }
        (description.width, description.height) = (size?.width, size?.height)
    }
}
