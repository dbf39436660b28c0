public import CryptoPrimitives
import Foundation

/// The cipher of media files without their hashes: AES-256-CBC, and HMAC-SHA256 over the initialization vector and the
/// ciphertext. `MediaEncryptor` and `MediaDecryptor` make files of it.
public struct MediaCipher: ~Copyable {
    private let direction: AESCBCStream.Direction
    private var cipher: AESCBCStream
    private var code: HMACStream

    public init(_ direction: AESCBCStream.Direction, keys: MediaKeys) throws(CryptoError) {
        let cipher = try AESCBCStream(direction, key: keys.cipherKey, iv: keys.iv)
        var code = try HMACStream(key: keys.macKey)
        try code.update(keys.iv)
        self.direction = direction
        self.cipher = cipher
        self.code = code
    }

    /// Works through one piece and says how many bytes were written. Up to 16 bytes stay inside for the next piece.
    /// - Parameter output: at least 16 bytes larger than `input`; the two must not overlap.
    public mutating func update(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        let written = try self.cipher.update(input, into: output)
        switch self.direction {
        case .encrypt: try self.code.update(UnsafeRawBufferPointer(rebasing: output[..<written]))
        case .decrypt: try self.code.update(input)
        }
        return written
    }

    /// What the last piece leaves behind.
    public struct End: Sendable {
        /// The last bytes, 16 at most; `nil` when what was decrypted does not end in padding, which says something
        /// only after the code was compared.
        public let rest: [UInt8]?
        /// All 32 bytes of the code, of which files carry the first ten.
        public let code: [UInt8]
    }

    public consuming func finish() throws(CryptoError) -> End {
        let direction = self.direction
        let rest: [UInt8]?
        do {
            rest = try self.cipher.finish()
        } catch {
            guard case .wrongPadding = error else { throw error }
            rest = nil
        }
        if direction == .encrypt, let rest { try self.code.update(rest) }
        return End(rest: rest, code: try self.code.finish())
    }
}
