import COpenSSL
import Glibc

/// The SHA-256 of a file's bytes, by which the store knows it.
public struct ContentHash: Hashable, Codable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: self.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func of(_ text: String) throws(MediaError) -> ContentHash {
        let hasher = try ContentHasher()
        try Array(text.utf8).withUnsafeBufferPointer { bytes throws(MediaError) in
            try hasher.update(UnsafeRawBufferPointer(bytes))
        }
        return try hasher.finish()
    }
}

/// SHA-256 over bytes that come in pieces.
final class ContentHasher {
    private let context: OpaquePointer

    init() throws(MediaError) {
        guard let context = EVP_MD_CTX_new() else { throw Self.failure(ENOMEM) }
        self.context = context
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw Self.failure(ENOMEM) }
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    func update(_ bytes: UnsafeRawBufferPointer) throws(MediaError) {
        guard EVP_DigestUpdate(self.context, bytes.baseAddress, bytes.count) == 1 else { throw Self.failure(EIO) }
    }

    /// The hash; the object is of no more use after it.
    func finish() throws(MediaError) -> ContentHash {
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(self.context, &digest, nil) == 1 else { throw Self.failure(EIO) }
        return ContentHash(digest)
    }

    private static func failure(_ code: Int32) -> MediaError { .store(call: "SHA-256", path: "", code: code) }
}
