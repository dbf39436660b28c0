import CryptoPrimitives
import Foundation

/// The keys of one message of a session, used once: HKDF(seed, "WhisperMessageKeys") is the cipher key (32 bytes), the
/// MAC key (32) and the IV (16).
struct MessageKeys: Sendable {
    let bytes: SecretBytes

    init(seed: SecretBytes) throws(SignalError) {
        self.bytes = try withSignalErrors { () throws(CryptoError) in
            try HKDF.sha256(seed, info: Self.info, count: 80)
        }
    }

    private static let info = Array("WhisperMessageKeys".utf8)

    func encrypt(_ plaintext: [UInt8]) throws(SignalError) -> [UInt8] {
        try self.withParts { (cipherKey, _, iv) throws(CryptoError) in
            try AESCBC.encrypt(plaintext, key: cipherKey, iv: iv)
        }
    }

    /// - Throws: `invalidCiphertext` when the length or padding is wrong. Check the MAC first.
    func decrypt(_ ciphertext: some ContiguousBytes) throws(SignalError) -> [UInt8] {
        try self.withParts { (cipherKey, _, iv) throws(CryptoError) in
            try AESCBC.decrypt(ciphertext, key: cipherKey, iv: iv)
        }
    }

    /// HMAC-SHA256, 32 bytes.
    func mac(_ message: [UInt8]) throws(SignalError) -> [UInt8] {
        try self.withParts { (_, macKey, _) throws(CryptoError) in try HMAC.sha256(key: macKey, message) }
    }

    private func withParts(
        _ body: (
            _ cipherKey: UnsafeRawBufferPointer, _ macKey: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer
        ) throws(CryptoError) -> [UInt8]
    ) throws(SignalError) -> [UInt8] {
        try self.bytes.withUnsafeBytes { bytes in
            Result { () throws(SignalError) in
                try withSignalErrors { () throws(CryptoError) in
                    try body(
                        UnsafeRawBufferPointer(rebasing: bytes[0..<32]),
                        UnsafeRawBufferPointer(rebasing: bytes[32..<64]),
                        UnsafeRawBufferPointer(rebasing: bytes[64..<80]))
                }
            }
        }.get()
    }
}
