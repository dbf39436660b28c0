/// A file in a message on a phone: what the message says of it, and what became of fetching it.
public struct InboxMedia: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case image, video, gif, audio
        /// A voice note.
        case ptt
        case document, sticker
    }

    public enum State: Sendable, Hashable {
        case waiting
        /// Fetched and decrypted; all hashes are as announced.
        case verified
        /// Why there is no file.
        case failed(String)
    }

    public let kind: Kind
    public let caption: String?
    public let fileName: String?
    public let mimeType: String
    /// Bytes, as the message says.
    public let size: UInt64
    /// SHA-256 of the file, hexadecimal: as announced, and that of the decrypted bytes once they are `verified`.
    public let sha256: String
    public let seconds: UInt32?
    public let width: UInt32?
    public let height: UInt32?
    /// Bytes of the thumbnail in the message.
    public let thumbnailSize: Int?
    public internal(set) var state = State.waiting
}
