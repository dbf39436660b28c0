import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Synchronization
import WhatsAppCrypto

@testable import WhatsAppClient

/// Files in memory, and media servers that answer what a test says.
final class FakeUploader: MediaUploader {
    private struct State {
        var files: [String: [UInt8]] = [:]
        var requests: [UploadRequest] = []
        var blobs: [[UInt8]] = []
        var encryptions = 0
        var answers: [Result<UploadAnswer, UploadError>] = []
        var directPathEnd = ""
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// What was posted, in order, and its bodies.
    var requests: [UploadRequest] { self.state.withLock { $0.requests } }
    var blobs: [[UInt8]] { self.state.withLock { $0.blobs } }
    var encryptions: Int { self.state.withLock { $0.encryptions } }
    var heldCount: Int { self.state.withLock { $0.held.count } }

    func write(_ bytes: [UInt8], to path: String) { self.state.withLock { $0.files[path] = bytes } }

    /// What the next posts end in; those after them succeed.
    func answer(_ answers: Result<UploadAnswer, UploadError>...) { self.state.withLock { $0.answers += answers } }
    func answer(status: Int...) {
        self.state.withLock { state in state.answers += status.map { .success(UploadAnswer(status: $0, body: [])) } }
    }

    /// The query of the addresses to come.
    func setDirectPathEnd(_ end: String) { self.state.withLock { $0.directPathEnd = end } }

    /// Posts wait from now on.
    func hold() { self.state.withLock { $0.isHeld = true } }

    func release() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            state.isHeld = false
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func withEncryptedFile<Value: Sendable>(
        _ path: String, mediaKey: SecretBytes, kind: MediaKind,
        _ body: @escaping @Sendable (any EncryptedFile) async -> Value
    ) async throws(MediaFileError) -> Value {
        let file = self.state.withLock { state in
            state.encryptions += 1
            return state.files[path]
        }
        guard let file else { throw .unavailable("No such file or directory") }
        let encrypted: (encrypted: [UInt8], digests: MediaDigests)
        do throws(WhatsAppCryptoError) {
            encrypted = try MediaEncryptor.encrypt(file, mediaKey: mediaKey, kind: kind)
        } catch {
            throw .cryptoFailed(error)
        }
        return await body(File(uploader: self, bytes: encrypted.encrypted, digests: encrypted.digests))
    }

    private struct File: EncryptedFile {
        let uploader: FakeUploader
        let bytes: [UInt8]
        let digests: MediaDigests

        func post(_ request: UploadRequest) async throws(UploadError) -> UploadAnswer {
            try await self.uploader.post(request, self.bytes, self.digests.uploadToken)
        }
    }

    private func post(
        _ request: UploadRequest, _ bytes: [UInt8], _ token: UploadToken
    ) async throws(UploadError) -> UploadAnswer {
        await withCheckedContinuation { continuation in
            let isHeld = self.state.withLock { state in
                state.requests.append(request)
                state.blobs.append(bytes)
                if state.isHeld { state.held.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        if Task.isCancelled { throw .cancelled }
        let (answer, end) = self.state.withLock { state in
            (state.answers.isEmpty ? nil : state.answers.removeFirst(), state.directPathEnd)
        }
        if let answer { return try answer.get() }
        let path = "/v/\(token)?ccb=1\(end)"
        return UploadAnswer(
            status: 200, body: Array(#"{"url":"https://\#(request.host)\#(path)","direct_path":"\#(path)"}"#.utf8))
    }
}

extension MediaAttachment {
    /// A file that the uploader has.
    static func test(_ kind: Kind = .document, _ bytes: [UInt8] = Array("a file".utf8), in uploader: FakeUploader)
        throws -> MediaAttachment
    {
        let hash = try Digest.sha256.hash(bytes)
        let path = "/media/\(hash.hex)"
        uploader.write(bytes, to: path)
        return MediaAttachment(kind: kind, path: path, hash: hash, mimeType: "application/pdf", fileName: "a.pdf")
    }
}
