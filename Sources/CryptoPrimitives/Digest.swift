import COpenSSL
public import Foundation

/// A hash function; `hash` for bytes at hand, `HashStream` for bytes that come in pieces.
public enum Digest: Sendable {
    /// 16 bytes. Broken as a hash; only for the one field whose definition asks for it.
    case md5
    /// 20 bytes. Broken as a hash; only for the one field whose definition asks for it.
    case sha1
    /// 32 bytes.
    case sha256
    /// 64 bytes.
    case sha512

    /// The size of a hash in bytes.
    public var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// The hash of `bytes`.
    public func hash(_ bytes: some ContiguousBytes) throws(CryptoError) -> [UInt8] {
        let algorithm = self.algorithm
        return try withBytes(of: bytes) { (bytes) throws(CryptoError) -> [UInt8] in
            var hash = [UInt8](repeating: 0, count: self.byteCount)
            try contexts.with { (context) throws(CryptoError) in
                guard EVP_DigestInit_ex2(context, algorithm, nil) == 1,
                    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
                    EVP_DigestFinal_ex(context, &hash, nil) == 1
                else { throw .primitiveFailed("digest") }
            }
            return hash
        }
    }

    var algorithm: OpaquePointer? {
        switch self {
        case .md5: Algorithms.shared.md5
        case .sha1: Algorithms.shared.sha1
        case .sha256: Algorithms.shared.sha256
        case .sha512: Algorithms.shared.sha512
        }
    }
}

private let contexts = ContextPool("digest", make: { EVP_MD_CTX_new() }, free: { EVP_MD_CTX_free($0) })

/// A hash over bytes that come in pieces.
public struct HashStream: ~Copyable {
    private let context: OpaquePointer
    private let digest: Digest

    public init(_ digest: Digest) throws(CryptoError) {
        guard let context = EVP_MD_CTX_new() else { throw .primitiveFailed("digest") }
        guard EVP_DigestInit_ex2(context, digest.algorithm, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .primitiveFailed("digest")
        }
        self.context = context
        self.digest = digest
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    public mutating func update(_ bytes: some ContiguousBytes) throws(CryptoError) {
        let result = bytes.withUnsafeBytes { EVP_DigestUpdate(self.context, $0.baseAddress, $0.count) }
        guard result == 1 else { throw .primitiveFailed("digest") }
    }

    /// The hash of all pieces.
    public consuming func finish() throws(CryptoError) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: self.digest.byteCount)
        guard EVP_DigestFinal_ex(self.context, &hash, nil) == 1 else { throw .primitiveFailed("digest") }
        return hash
    }

    /// The hash of all pieces, when it is a secret itself.
    public consuming func finishSecret() throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: self.digest.byteCount) { (hash) throws(CryptoError) in
            let result = EVP_DigestFinal_ex(
                self.context, hash.assumingMemoryBound(to: UInt8.self).baseAddress, nil)
            guard result == 1 else { throw .primitiveFailed("digest") }
        }
    }
}
