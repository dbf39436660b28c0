/// What became of one source in one batch; kept in a small file, so that it holds over restarts.
enum SourceRecord: Codable, Hashable, Sendable {
    case content(StoredContent)
    /// A failure that would only come again.
    case failure(MediaError)
}

/// The bytes behind a source, and what their source said of them.
struct StoredContent: Codable, Hashable, Sendable {
    let hash: ContentHash
    /// Bytes.
    let size: Int64
    let contentType: String?
    let name: String?
}
