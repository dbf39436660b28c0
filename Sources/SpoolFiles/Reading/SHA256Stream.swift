import COpenSSL
import Glibc

/// SHA-256 over bytes that come in pieces.
struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    /// - Throws: `unreadable` with ENOMEM when OpenSSL cannot give a context.
    init() throws(DropFileError) {
        guard let context = EVP_MD_CTX_new() else { throw .unreadable(errno: ENOMEM) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .unreadable(errno: ENOMEM)
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    mutating func update(_ bytes: ArraySlice<UInt8>) throws(DropFileError) {
        let result = bytes.withUnsafeBytes { EVP_DigestUpdate(self.context, $0.baseAddress, $0.count) }
        guard result == 1 else { throw .unreadable(errno: EIO) }
    }

    /// The 32 bytes; the stream is of no more use after it.
    mutating func digest() throws(DropFileError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(self.context, &digest, nil) == 1 else { throw .unreadable(errno: EIO) }
        return digest
    }
}
