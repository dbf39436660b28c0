/// What a recipient sees the attachment as.
public enum MediaKind: String, CaseIterable, Codable, Sendable {
    case image, video, audio, document

    /// The most bytes of a file of this kind.
    public var maximumSize: Int64 {
        switch self {
        case .image: 5_000_000
        case .audio, .video: 16_000_000
        case .document: 100_000_000
        }
    }

    /// The most bytes of any file.
    public static let maximumSize = MediaKind.document.maximumSize
}
