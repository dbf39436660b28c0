import CryptoPrimitives
import Glibc
import NIOPosix
import WhatsAppClient
import WhatsAppCrypto

/// Encrypts one file into a temporary one, in pieces and on a thread of its own: it keeps a processor busy.
struct FileEncryption: Sendable {
    private static let pieceSize = 1 << 18

    let path: String
    let mediaKey: SecretBytes
    let kind: MediaKind
    let temporaryDirectory: String

    func run() async throws(MediaFileError) -> (file: TemporaryFile, digests: MediaDigests) {
        let outcome: Result<(file: TemporaryFile, digests: MediaDigests), MediaFileError>
        do {
            outcome = try await NIOThreadPool.singleton.runIfActive {
                Result { () throws(MediaFileError) in try self.encrypt() }
            }
        } catch {
            // Only what has not begun can be cancelled.
            throw .cancelled
        }
        return try outcome.get()
    }

    private func encrypt() throws(MediaFileError) -> (file: TemporaryFile, digests: MediaDigests) {
        let source = try self.openSource()
        defer { close(source) }
        let target = try TemporaryFile(in: self.temporaryDirectory)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { piece.deallocate() }
        var output: [UInt8] = []
        output.reserveCapacity(Self.pieceSize + 64)
        var encryptor: MediaEncryptor
        do throws(WhatsAppCryptoError) {
            encryptor = try MediaEncryptor(mediaKey: self.mediaKey, kind: self.kind)
        } catch {
            throw .cryptoFailed(error)
        }
        while let bytes = try Self.read(source, into: piece) {
            do throws(WhatsAppCryptoError) {
                try encryptor.update(bytes, into: &output)
            } catch {
                throw .cryptoFailed(error)
            }
            try target.append(&output)
        }
        let digests: MediaDigests
        do throws(WhatsAppCryptoError) {
            digests = try encryptor.finish(into: &output)
        } catch {
            throw .cryptoFailed(error)
        }
        try target.append(&output)
        return (target, digests)
    }

    /// The next bytes; `nil` at the end.
    private static func read(
        _ source: Int32, into piece: UnsafeMutableRawBufferPointer
    ) throws(MediaFileError) -> UnsafeRawBufferPointer? {
        while true {
            let count = Glibc.read(source, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unavailable(systemText(errno)) }
            return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: piece[..<count])
        }
    }

    private func openSource() throws(MediaFileError) -> Int32 {
        let source = open(self.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard source >= 0 else { throw .unavailable(systemText(errno)) }
        var status = stat()
        guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(source)
            throw .unavailable("not a regular file")
        }
        return source
    }
}
