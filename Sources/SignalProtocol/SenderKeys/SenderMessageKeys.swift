import CryptoPrimitives
import Foundation

/// The keys of one group message, used once: HKDF(seed, "WhisperGroup") is the IV (16 bytes), then the cipher key (32).
/// The signature takes the place of a MAC.
struct SenderMessageKeys: Sendable {
    let bytes: SecretBytes

    init(seed: SecretBytes) throws(SignalError) {
        self.bytes = try withSignalErrors { () throws(CryptoError) in
            try HKDF.sha256(seed, info: Self.info, count: 48)
        }
    }

    private static let info = Array("WhisperGroup".utf8)

    var iv: SecretBytes { self.bytes[0..<16] }
    var cipherKey: SecretBytes { self.bytes[16..<48] }

    func encrypt(_ plaintext: [UInt8]) throws(SignalError) -> [UInt8] {
        try withSignalErrors { () throws(CryptoError) in
            try AESCBC.encrypt(plaintext, key: self.cipherKey, iv: self.iv)
        }
    }

    func decrypt(_ ciphertext: some ContiguousBytes) throws(SignalError) -> [UInt8] {
        try withSignalErrors { () throws(CryptoError) in
            try AESCBC.decrypt(ciphertext, key: self.cipherKey, iv: self.iv)
        }
    }
}
