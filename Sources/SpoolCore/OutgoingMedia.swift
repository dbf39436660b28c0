/// An attachment as a transport gets it: bytes that do not change, and what a message says about them.
public struct OutgoingMedia: Hashable, Sendable {
    /// A regular file of our own, there for as long as its batch is open.
    public var path: String
    /// The SHA-256 of the file's bytes, 32 bytes: equal files may share one upload.
    public var hash: [UInt8]
    public var description: MediaDescription

    public init(path: String, hash: [UInt8], description: MediaDescription) {
        self.path = path
        self.hash = hash
        self.description = description
    }
}

/// The attachment that a row asks for, in the row's own words.
public struct MediaReference: Hashable, Sendable {
    /// `mediaUrl`: an `http(s)` URL, or a path below the user's media directory.
    public var source: String
    /// `mediaType`; guessed from the file when `nil`.
    public var kind: MediaKind?
    /// `fileName`, the name shown for a document.
    public var fileName: String?

    public init(source: String, kind: MediaKind? = nil, fileName: String? = nil) {
        self.source = source
        self.kind = kind
        self.fileName = fileName
    }

    /// Why a row with sound and a text is not taken.
    public static let captionOfAudio = Refusal(
        .validation, "Audio carries no text: remove the message, or send it in a row of its own", field: "message")
}

/// Bytes that do not change, and what a message says about them.
public struct MediaContent: Hashable, Sendable {
    /// The SHA-256 of the bytes, 32 bytes.
    public var hash: [UInt8]
    public var description: MediaDescription

    public init(hash: [UInt8], description: MediaDescription) {
        self.hash = hash
        self.description = description
    }
}
