import CryptoPrimitives
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppCrypto

@testable import WhatsAppSocket

@Suite struct MediaFileUploaderTests {
    private static let mediaKey = SecretBytes([UInt8](0..<32))
    private let directory: TemporaryDirectory
    private let room: String

    init() throws {
        self.directory = try TemporaryDirectory()
        self.room = try self.directory.makeDirectory("room")
    }

    private var uploader: MediaFileUploader { MediaFileUploader(scheme: .http, temporaryDirectory: self.room) }

    private static func bytes(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(count) + 1)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }

    private static func request(_ host: String) -> UploadRequest {
        UploadRequest(
            host: host, target: "/mms/document/token=?auth=a%2Fb&token=token%3D",
            headers: [.init("Origin", "https://web.whatsapp.com"), .init("Content-Type", "application/octet-stream")])
    }

    /// Posts a small file once.
    private func post(
        to host: String, by uploader: MediaFileUploader? = nil, _ count: Int = 1000
    ) async throws -> Result<UploadAnswer, UploadError> {
        let path = try self.directory.write(Self.bytes(count), to: "file")
        return try await (uploader ?? self.uploader).withEncryptedFile(
            path, mediaKey: Self.mediaKey, kind: .document
        ) { file in
            await file.result(Self.request(host))
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17, (1 << 20) - 26, 1 << 20, 3 * (1 << 20) + 5])
    func `all of a file arrives, encrypted, with its length and what belongs to it`(count: Int) async throws {
        let file = Self.bytes(count)
        let path = try self.directory.write(file, to: "file")
        let (server, digests) = try await TestMediaServer.serving(.answer(status: 200, body: "done")) { server, host in
            let digests = try await self.uploader.withEncryptedFile(
                path, mediaKey: Self.mediaKey, kind: .document
            ) { file in
                #expect(
                    await file.result(Self.request(host))
                        == .success(UploadAnswer(status: 200, body: Array("done".utf8))))
                return file.digests
            }
            return (server, digests)
        }
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/mms/document/token=?auth=a%2Fb&token=token%3D")
        #expect(request.head.headers["Content-Length"] == ["\(digests.encryptedLength)"])
        #expect(request.head.headers["Transfer-Encoding"].isEmpty)
        #expect(request.head.headers["Origin"] == ["https://web.whatsapp.com"])
        #expect(request.head.headers["Content-Type"] == ["application/octet-stream"])
        #expect(UInt64(request.body.count) == digests.encryptedLength)
        #expect(digests.fileLength == UInt64(count))
        #expect(try Digest.sha256.hash(request.body) == digests.fileEncSHA256)
        #expect(
            try MediaDecryptor.decrypt(
                request.body, mediaKey: Self.mediaKey, kind: .document, fileSHA256: digests.fileSHA256) == file)
    }

    @Test func `a file can be posted again, and has no name meanwhile or afterwards`() async throws {
        let path = try self.directory.write(Self.bytes(100_000), to: "file")
        let room = self.room
        let server = try await TestMediaServer.serving(.answer(status: 503)) { server, host in
            try await self.uploader.withEncryptedFile(path, mediaKey: Self.mediaKey, kind: .image) { file in
                for _ in 0..<3 {
                    #expect(await file.result(Self.request(host)) == .success(UploadAnswer(status: 503, body: [])))
                }
                #expect((try? FileManager.default.contentsOfDirectory(atPath: room)) == [])
            }
            return server
        }
        #expect(server.requests.count == 3)
        #expect(Set(server.requests.map(\.body)).count == 1)
    }

    @Test func `status, body and the time to wait come back, a body no longer than what is read of it`() async throws {
        let answer = try await TestMediaServer.serving(
            .answer(status: 429, headers: [("Retry-After", "17")], body: #"{"error":"slow down"}"#)
        ) { _, host in try await self.post(to: host) }
        #expect(
            answer
                == .success(
                    UploadAnswer(
                        status: 429, body: Array(#"{"error":"slow down"}"#.utf8), retryAfter: .seconds(17))))
        let long = try await TestMediaServer.serving(
            .answer(
                status: 200, headers: [("Retry-After", "tomorrow")],
                body: String(repeating: "a", count: UploadAnswer.bodyLimit + 100))
        ) { _, host in try await self.post(to: host).get() }
        #expect(long.body.count == UploadAnswer.bodyLimit && long.retryAfter == nil)
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a redirect is an answer, and is not followed`(status: Int) async throws {
        try await TestMediaServer.serving(.answer(status: 200)) { target, targetHost in
            let answer = try await TestMediaServer.serving(
                .answer(status: status, headers: [("Location", "http://\(targetHost)/elsewhere")])
            ) { _, host in try await self.post(to: host) }
            #expect(answer == .success(UploadAnswer(status: status, body: [])))
            #expect(target.requests.isEmpty)
        }
    }

    @Test func `an answer that comes before the end of the file counts`() async throws {
        let answer = try await TestMediaServer.serving(.answerAtOnce(status: 413)) { _, host in
            try await self.post(to: host, 4_000_000)
        }
        #expect(answer == .success(UploadAnswer(status: 413, body: [])))
    }

    @Test func `a host that is not there, or goes away, is said to be so`() async throws {
        // Nobody listens there without being root.
        let refused = try await self.post(to: "127.0.0.1:1")
        let closed = try await TestMediaServer.serving(.close(after: 10_000)) { _, host in
            try await self.post(to: host, 8_000_000)
        }
        for answer in [refused, closed] {
            guard case .failure(.network(let reason)) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test func `who gives up does not wait for a host that says nothing`() async throws {
        try await TestMediaServer.serving(.sayNothing) { server, host in
            let post = Task { try await self.post(to: host) }
            try await eventually("the request") { !server.requests.isEmpty }
            post.cancel()
            #expect(try await post.value == .failure(.cancelled))
        }
    }

    @Test func `over TLS only a host that proves its name gets a file`() async throws {
        let trusted = MediaFileUploader(temporaryDirectory: self.room, tls: try TestCertificate.trustingClient())
        let unknown = MediaFileUploader(temporaryDirectory: self.room)
        try await TestMediaServer.serving(.answer(status: 200), tls: TestCertificate.server()) { server, host in
            #expect(try await self.post(to: host, by: trusted) == .success(UploadAnswer(status: 200, body: [])))
            guard case .failure(.network) = try await self.post(to: host, by: unknown) else {
                Issue.record("a host with a certificate of its own got the file")
                return
            }
            #expect(server.requests.count == 1)
        }
    }

    // MARK: Files

    private func failure(_ path: String, room: String? = nil) async -> MediaFileError? {
        let uploader = MediaFileUploader(scheme: .http, temporaryDirectory: room ?? self.room)
        do throws(MediaFileError) {
            try await uploader.withEncryptedFile(path, mediaKey: Self.mediaKey, kind: .document) { _ in }
            return nil
        } catch {
            return error
        }
    }

    @Test func `only a regular file is sent, and no link is followed`() async throws {
        let file = try self.directory.write("text", to: "file")
        let link = self.directory.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        let pipe = self.directory.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(await self.failure(file) == nil)
        #expect(await self.failure(self.directory.path("none")) == .unavailable("No such file or directory"))
        #expect(await self.failure(link) == .unavailable("Too many levels of symbolic links"))
        for path in [pipe, self.directory.path] {
            #expect(await self.failure(path) == .unavailable("not a regular file"))
        }
    }

    @Test func `without a place for the encrypted file there is nothing to send`() async throws {
        let file = try self.directory.write("text", to: "file")
        let nowhere = self.directory.path("nowhere")
        #expect(await self.failure(file, room: nowhere) == .noRoom("\(nowhere): No such file or directory"))
    }

    @Test func `a file is sent in pieces, whatever its length`() async throws {
        let file = try TemporaryFile(in: self.room)
        var bytes = Self.bytes(2 * FilePieces.pieceSize + 7)
        let expected = bytes
        try file.append(&bytes)
        #expect(bytes.isEmpty && bytes.capacity >= expected.count)
        var sizes: [Int] = []
        var read: [UInt8] = []
        for try await piece in FilePieces(file: file, length: Int64(expected.count)) {
            sizes.append(piece.readableBytes)
            read += piece.readableBytesView
        }
        #expect(sizes == [FilePieces.pieceSize, FilePieces.pieceSize, 7])
        #expect(read == expected)
        await #expect(throws: UploadError.network("the encrypted file was cut")) {
            for try await _ in FilePieces(file: file, length: Int64(expected.count) + 1) {}
        }
    }
}

extension EncryptedFile {
    fileprivate func result(_ request: UploadRequest) async -> Result<UploadAnswer, UploadError> {
        do throws(UploadError) {
            return .success(try await self.post(request))
        } catch {
            return .failure(error)
        }
    }
}
