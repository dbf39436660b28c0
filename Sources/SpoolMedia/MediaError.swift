public import SpoolCore

/// Why an attachment cannot be sent. Every case names the fact; none holds a message's text or a URL's query.
public enum MediaError: Error, Hashable, Codable, Sendable {
    /// A URL that may not be fetched, whatever its host is.
    case forbiddenURL(URLFault)
    /// The host is, or resolves to, an address that rows must not reach.
    case forbiddenAddress(host: String, address: NetworkAddress)
    /// A path that is absolute, has `..`, or leads to another user's directory.
    case outside(path: String)
    /// A symbolic link on the way to the file.
    case symbolicLink(path: String)
    /// The file has other names, which may lie anywhere on the filesystem.
    case hardLinked(path: String, links: Int)
    /// A directory, FIFO, socket or device.
    case notARegularFile(path: String)
    /// The kernel has no openat2(2), so no path can be confined.
    case confinementMissing
    case missing(path: String)
    /// A system call on the user's file failed; `code` is its `errno`.
    case unreadable(path: String, code: Int32)
    /// Somebody writes the file, or it was not the same after reading as before.
    case changing(path: String)
    case unresolvable(host: String, isTemporary: Bool)
    case unreachable(host: String, reason: String)
    case status(Int, host: String)
    /// A redirect that names no place to go.
    case badRedirect(host: String)
    case tooManyRedirects(limit: Int)
    /// The server compressed the body, which nobody asked for.
    case encoded(String, host: String)
    /// The connection ended in the middle of the body.
    case cutOff(host: String)
    case timedOut(host: String, seconds: Int)
    case cancelled
    case empty
    /// More than `limit` bytes; `size` is `nil` when reading stopped there.
    case tooLarge(size: Int64?, limit: Int64, kind: MediaKind?)
    case tooManyPixels(width: Int, height: Int)
    /// The bytes are none of the supported formats.
    case unsupported(found: String)
    /// The bytes are not what the row, the server or the file name says.
    case mismatch(said: String, found: String)
    /// The store itself failed; `code` is the `errno`.
    case store(call: String, path: String, code: Int32)

    public var code: ErrorCode {
        switch self {
        case .forbiddenURL, .forbiddenAddress, .outside, .symbolicLink, .hardLinked, .notARegularFile,
            .confinementMissing:
            .mediaForbidden
        case .missing, .unreadable, .changing, .unresolvable, .unreachable, .status, .badRedirect, .tooManyRedirects,
            .encoded, .cutOff, .timedOut, .cancelled, .store:
            .mediaUnavailable
        case .tooLarge, .tooManyPixels: .mediaTooLarge
        case .empty, .unsupported, .mismatch: .mediaType
        }
    }

    /// Whether the same request may well succeed later, without anybody changing the row.
    public var isTemporary: Bool {
        switch self {
        case .changing, .unreachable, .cutOff, .timedOut, .cancelled, .store: true
        case .unresolvable(_, let isTemporary): isTemporary
        case .status(let status, _): status == 408 || status == 425 || status == 429 || status >= 500
        case .forbiddenURL, .forbiddenAddress, .outside, .symbolicLink, .hardLinked, .notARegularFile,
            .confinementMissing, .missing, .unreadable, .badRedirect, .tooManyRedirects, .encoded, .empty, .tooLarge,
            .tooManyPixels, .unsupported, .mismatch:
            false
        }
    }

    /// The error as the answer to a row.
    public var refusal: Refusal { Refusal(self.code, self.description, field: "mediaUrl") }
}
