import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WhatsAppClient
import WhatsAppCrypto

/// An encrypted file, and the client that posts it.
struct PostableFile: EncryptedFile {
    /// How long neither side may be silent.
    static let silence = TimeAmount.seconds(60)
    /// A line that is slower than this is as good as none.
    private static let bytesPerSecond: Int64 = 1 << 16

    let file: TemporaryFile
    let digests: MediaDigests
    let scheme: MediaFileUploader.Scheme
    let client: HTTPClient

    private var length: Int64 { Int64(clamping: self.digests.encryptedLength) }

    func post(_ request: UploadRequest) async throws(UploadError) -> UploadAnswer {
        var post = HTTPClientRequest(url: "\(self.scheme.rawValue)://\(request.host)\(request.target)")
        post.method = .POST
        for header in request.headers { post.headers.add(name: header.name, value: header.value) }
        post.body = .stream(FilePieces(file: self.file, length: self.length), length: .known(self.length))
        let limit = Self.silence + .seconds(self.length / Self.bytesPerSecond)
        do {
            let response = try await self.client.execute(post, deadline: .now() + limit)
            return try await UploadAnswer(response)
        } catch {
            throw UploadError(posting: error)
        }
    }
}

/// The bytes of a file as they are sent, none read before its turn.
struct FilePieces: AsyncSequence, Sendable {
    /// Each costs a change of threads, which on a busy machine takes longer than its bytes.
    static let pieceSize = 1 << 20

    let file: TemporaryFile
    let length: Int64

    struct AsyncIterator: AsyncIteratorProtocol {
        let pieces: FilePieces
        var offset: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            guard self.offset < self.pieces.length else { return nil }
            let piece = try self.pieces.file.bytes(at: self.offset, limit: FilePieces.pieceSize)
            guard piece.readableBytes > 0 else { throw UploadError.network("the encrypted file was cut") }
            self.offset += Int64(piece.readableBytes)
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: self) }
}

extension UploadAnswer {
    fileprivate init(_ response: HTTPClientResponse) async throws {
        var body: [UInt8] = []
        for try await piece in response.body {
            body.append(contentsOf: piece.readableBytesView.prefix(Self.bodyLimit - body.count))
            guard body.count < Self.bodyLimit else { break }
        }
        let seconds = response.headers.first(name: "Retry-After").flatMap { UInt32($0) }
        self.init(
            status: Int(response.status.code), body: body,
            retryAfter: seconds.map { .seconds(Int64($0)) })
    }
}

extension UploadError {
    fileprivate init(posting error: any Error) {
        switch error {
        case let error as UploadError: self = error
        case let error as HTTPClientError: self.init(error)
        case is CancellationError: self = .cancelled
        default:
            let failure = PipeError(error)
            self = failure == .timedOut ? .timedOut : .network("\(failure)")
        }
    }

    private init(_ error: HTTPClientError) {
        let timeouts: [HTTPClientError] = [
            .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout,
        ]
        self = error == .cancelled ? .cancelled : timeouts.contains(error) ? .timedOut : .network("\(error)")
    }
}
