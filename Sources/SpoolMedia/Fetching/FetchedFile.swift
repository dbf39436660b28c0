/// What a fetch brought, beside the bytes.
public struct FetchedFile: Hashable, Sendable {
    public let hash: ContentHash
    /// Bytes.
    public let size: Int64
    /// The server's `Content-Type`, without parameters and in lower case.
    public let contentType: String?
    /// The last part of the final URL's path.
    public let name: String?
}
