import AsyncHTTPClient
public import CryptoPrimitives
public import NIOCore
public import NIOPosix
public import NIOSSL
public import WhatsAppClient
public import WhatsAppCrypto

/// Carries files of this machine to media servers: over HTTPS, or, for a server on this machine, in the open.
public struct MediaFileUploader: MediaUploader {
    public enum Scheme: String, Sendable {
        case https, http
    }

    private let scheme: Scheme
    private let temporaryDirectory: String
    private let tls: TLSConfiguration
    private let group: any EventLoopGroup

    /// - Parameters:
    ///   - temporaryDirectory: where encrypted files are until they are uploaded; they have no name there.
    ///   - tls: other than the default only in tests, which have certificates of their own.
    public init(
        scheme: Scheme = .https, temporaryDirectory: String,
        tls: TLSConfiguration = .makeClientConfiguration(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.scheme = scheme
        self.temporaryDirectory = temporaryDirectory
        self.tls = tls
        self.group = group
    }

    public func withEncryptedFile<Value: Sendable>(
        _ path: String, mediaKey: SecretBytes, kind: MediaKind,
        _ body: @escaping @Sendable (any EncryptedFile) async -> Value
    ) async throws(MediaFileError) -> Value {
        let encryption = FileEncryption(
            path: path, mediaKey: mediaKey, kind: kind, temporaryDirectory: self.temporaryDirectory)
        let (file, digests) = try await encryption.run()
        let client = HTTPClient(eventLoopGroup: self.group, configuration: self.configuration)
        let value = await body(PostableFile(file: file, digests: digests, scheme: self.scheme, client: client))
        // Fails only when it was shut down before.
        try? await client.shutdown()
        return value
    }

    /// A client lives as long as its file: a second host, or a second try at one, and no connection stays behind.
    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: self.tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: .seconds(10), read: PostableFile.silence, write: PostableFile.silence),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        // There are other hosts to try.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
