public import SpoolCore

/// An attachment that is ready to be sent.
public struct StoredMedia: Hashable, Sendable {
    /// Of the file's bytes.
    public let hash: ContentHash
    /// Where the bytes are, for as long as the batch is not removed from the store.
    public let path: String
    public let description: MediaDescription
}

/// One row's attachment, as the row says it.
public struct MediaRequest: Hashable, Sendable {
    public var source: MediaSource
    /// `mediaType`; guessed from the file when `nil`.
    public var kind: MediaKind?
    /// `fileName`.
    public var fileName: String?

    public init(source: MediaSource, kind: MediaKind? = nil, fileName: String? = nil) {
        self.source = source
        self.kind = kind
        self.fileName = fileName
    }
}
