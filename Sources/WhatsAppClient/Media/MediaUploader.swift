public import CryptoPrimitives
public import WhatsAppCrypto

/// Encrypts files and carries them to the media servers: the hands of a session, which touches neither files nor sockets.
public protocol MediaUploader: Sendable {
    /// Encrypts a file, in memory that does not grow with it, and lends the result to `body`.
    ///
    /// The hash of the whole names the upload, so all of it is encrypted before anything is sent.
    /// - Throws: why there is nothing to send.
    func withEncryptedFile<Value: Sendable>(
        _ path: String, mediaKey: SecretBytes, kind: MediaKind,
        _ body: @escaping @Sendable (any EncryptedFile) async -> Value
    ) async throws(MediaFileError) -> Value
}

/// A file that can be uploaded, as often as it takes.
public protocol EncryptedFile: Sendable {
    var digests: MediaDigests { get }

    /// Posts all of it, with its length. Redirects are not followed.
    ///
    /// Takes at most 10 s to connect and 60 s of silence, and in all no longer than a slow line needs for its size.
    func post(_ request: UploadRequest) async throws(UploadError) -> UploadAnswer
}

/// Where an encrypted file goes.
public struct UploadRequest: Hashable, Sendable {
    /// A name or address, with a port where it is not the scheme's.
    public var host: String
    /// Path and query, percent-encoded.
    public var target: String
    public var headers: [PipeEndpoint.Header]

    public init(host: String, target: String, headers: [PipeEndpoint.Header]) {
        self.host = host
        self.target = target
        self.headers = headers
    }
}

/// What a media server answered.
public struct UploadAnswer: Hashable, Sendable {
    /// The most bytes of a body that are read; what has more is cut.
    public static let bodyLimit = 1 << 16

    public var status: Int
    public var body: [UInt8]
    /// Seconds of the header `Retry-After`.
    public var retryAfter: Duration?

    public init(status: Int, body: [UInt8], retryAfter: Duration? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// Why a media server has not answered.
public enum UploadError: Error, Hashable, Sendable {
    /// No connection, or none any more; the text is the system's.
    case network(String)
    case timedOut
    case cancelled
}

/// Why a file could not be encrypted.
public enum MediaFileError: Error, Hashable, Sendable {
    /// It is not there, not readable or no file; the text is the system's.
    case unavailable(String)
    /// There is no room for its encrypted form, or the like; the text is the system's.
    case noRoom(String)
    /// The cryptographic library failed.
    case cryptoFailed(WhatsAppCryptoError)
    case cancelled
}
