public import SpoolCore

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

    /// - Parameter local: The files that the row's user may name.
    /// - Throws: `forbiddenURL`.
    public init(_ reference: MediaReference, local: LocalMedia) throws(MediaError) {
        self.init(
            source: try MediaSource(reference.source, local: local), kind: reference.kind, fileName: reference.fileName)
    }
}
