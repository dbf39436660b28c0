/// What a message says about its attachment, beside the bytes.
public struct MediaDescription: Hashable, Codable, Sendable {
    public var kind: MediaKind
    /// As messages carry it: `audio/ogg; codecs=opus`.
    public var mimeType: String
    /// The name shown for a document.
    public var fileName: String?
    /// Bytes.
    public var size: Int64
    /// Sound that is shown as recorded by the sender: Opus in Ogg.
    public var isVoiceNote = false
    /// Whole seconds of sound or film, where the file tells.
    public var seconds: Int?
    /// Pixels of an image or film as it is shown, where the file tells.
    public var width: Int?
    public var height: Int?
    /// A small JPEG of an image, at most 5,000 bytes.
    public var thumbnail: [UInt8]?

    public init(kind: MediaKind, mimeType: String, fileName: String?, size: Int64) {
        self.kind = kind
        self.mimeType = mimeType
        self.fileName = fileName
        self.size = size
    }
}
