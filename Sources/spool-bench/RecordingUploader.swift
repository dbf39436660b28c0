import CryptoPrimitives
import Synchronization
import WhatsAppClient
import WhatsAppCrypto

/// An uploader that remembers where the last file went, so that something else can be brought there too.
struct RecordingUploader<Base: MediaUploader>: MediaUploader {
    let base: Base
    let record = UploadRecord()

    func withEncryptedFile<Value: Sendable>(
        _ path: String, mediaKey: SecretBytes, kind: MediaKind,
        _ body: @escaping @Sendable (any EncryptedFile) async -> Value
    ) async throws(MediaFileError) -> Value {
        let record = self.record
        return try await self.base.withEncryptedFile(path, mediaKey: mediaKey, kind: kind) { file in
            await body(RecordingFile(base: file, record: record))
        }
    }
}

/// The last upload, and when its file was encrypted.
final class UploadRecord: Sendable {
    struct Last: Sendable {
        let request: UploadRequest
        let encryptedAt: ContinuousClock.Instant
    }

    private let last = Mutex<Last?>(nil)

    var latest: Last? { self.last.withLock { $0 } }

    func note(_ request: UploadRequest) {
        self.last.withLock { $0 = Last(request: request, encryptedAt: .now) }
    }
}

private struct RecordingFile: EncryptedFile {
    let base: any EncryptedFile
    let record: UploadRecord

    var digests: MediaDigests { self.base.digests }

    func post(_ request: UploadRequest) async throws(UploadError) -> UploadAnswer {
        self.record.note(request)
        return try await self.base.post(request)
    }
}
