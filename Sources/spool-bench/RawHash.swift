import COpenSSL

/// OpenSSL's SHA-256 over bytes that come in pieces.
final class RawHash {
    private let context: OpaquePointer

    init() throws {
        guard let context = EVP_MD_CTX_new() else { throw BenchmarkError("OpenSSL gave no context") }
        self.context = context
        guard EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1 else {
            throw BenchmarkError("OpenSSL refused: SHA-256")
        }
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    func update(_ bytes: UnsafeRawBufferPointer) throws {
        guard EVP_DigestUpdate(self.context, bytes.baseAddress, bytes.count) == 1 else {
            throw BenchmarkError("OpenSSL refused: SHA-256")
        }
    }

    func finish() throws -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(self.context, &hash, nil) == 1 else {
            throw BenchmarkError("OpenSSL refused: SHA-256")
        }
        return hash
    }
}
