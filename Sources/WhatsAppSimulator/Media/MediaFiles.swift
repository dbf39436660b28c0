import CryptoPrimitives
import Foundation
import WhatsAppCrypto

/// The encrypted files on the media servers: a directory that is there as long as the simulator runs.
struct MediaFiles: Sendable {
    /// Bytes that are read or hashed in one go.
    static let portion = 1 << 16

    let directory: URL

    /// - Throws: when no directory can be made for temporary files.
    init() throws {
        self.directory = FileManager.default.temporaryDirectory.appending(
            path: "spoold-simulator-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func remove() { try? FileManager.default.removeItem(at: self.directory) }

    private func url(of token: UploadToken) -> URL {
        self.directory.appending(path: token.description, directoryHint: .notDirectory)
    }

    private func partialURL(of token: UploadToken) -> URL {
        self.directory.appending(path: "\(token).partial", directoryHint: .notDirectory)
    }

    private func incomingURL(_ reception: MediaReception) -> URL {
        self.directory.appending(path: "incoming-\(reception.number)", directoryHint: .notDirectory)
    }

    /// A file for an upload; one that goes on begins with what was kept.
    func open(_ reception: MediaReception) throws -> FileHandle {
        let url = self.incomingURL(reception)
        if reception.offset > 0 {
            try FileManager.default.moveItem(at: self.partialURL(of: reception.token), to: url)
        } else {
            guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
        }
        let handle = try FileHandle(forUpdating: url)
        try handle.seekToEnd()
        return handle
    }

    /// The upload is whole: from now on it is found under its token.
    func keep(_ reception: MediaReception) throws {
        try self.move(self.incomingURL(reception), to: self.url(of: reception.token))
    }

    /// The upload has broken off: it may go on.
    func keepPart(_ reception: MediaReception) throws {
        try self.move(self.incomingURL(reception), to: self.partialURL(of: reception.token))
    }

    func drop(_ reception: MediaReception) { try? FileManager.default.removeItem(at: self.incomingURL(reception)) }

    func discard(_ token: UploadToken) { try? FileManager.default.removeItem(at: self.url(of: token)) }

    private func move(_ source: URL, to target: URL) throws {
        guard rename(source.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Puts a file there that has no upload.
    func write(_ bytes: [UInt8], as token: UploadToken) throws {
        try Data(bytes).write(to: self.url(of: token))
    }

    func read(_ token: UploadToken) throws -> FileHandle { try FileHandle(forReadingFrom: self.url(of: token)) }

    /// A hash that has taken in all that a file has already; writing goes on at its end.
    func hash(_ handle: FileHandle) throws -> HashStream {
        try handle.seek(toOffset: 0)
        var hash = try HashStream(.sha256)
        while let portion = try handle.read(upToCount: Self.portion), !portion.isEmpty { try hash.update(portion) }
        return hash
    }

    /// Fetches and decrypts a file for a phone, in little memory; the file itself is kept nowhere.
    func open(_ order: MediaOrder) -> SimulatedPhone.DownloadResult {
        do {
            let handle = try self.read(UploadToken(UploadToken.text(of: order.fileEncSHA256)))
            defer { try? handle.close() }
            var decryptor = try MediaDecryptor(
                mediaKey: SecretBytes(order.mediaKey), kind: order.kind, fileSHA256: order.fileSHA256,
                fileEncSHA256: order.fileEncSHA256)
            var plaintext: [UInt8] = []
            while let portion = try handle.read(upToCount: Self.portion), !portion.isEmpty {
                plaintext.removeAll(keepingCapacity: true)
                try decryptor.update(portion, into: &plaintext)
            }
            return .verified(length: try decryptor.finish(into: &plaintext).fileLength)
        } catch let error as WhatsAppCryptoError {
            return .wrong("\(error)")
        } catch {
            // The file has gone since the server promised it.
            return .broken
        }
    }
}
