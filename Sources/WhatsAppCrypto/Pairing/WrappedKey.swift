import CryptoPrimitives
import Foundation

/// A public key under a pairing code: salt, first counter block, and the key in AES-256-CTR.
///
/// There is no code to check, so that nobody can tell a wrong guess from the right one by looking.
enum WrappedKey {
    static let saltSize = 32
    static let counterSize = 16
    static let size = Self.saltSize + Self.counterSize + 32
    /// They make one guess of a code cost some 50 ms of a processor's time, and so does each wrapping.
    private static let rounds = 131_072

    static func wrap(
        _ key: PublicKey, _ code: PairingCode, using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> [UInt8] {
        let salt = generator.bytes(count: Self.saltSize)
        let counter = generator.bytes(count: Self.counterSize)
        return try primitive { () throws(CryptoError) in
            salt + counter + (try AESCTR.apply(key.bytes, key: Self.key(code, salt: salt), counter: counter))
        }
    }

    static func unwrap(
        _ wrapped: [UInt8], _ code: PairingCode, _ what: StaticStringName
    ) throws(WhatsAppCryptoError) -> PublicKey {
        try require(wrapped, what, count: Self.size)
        let salt = Array(wrapped[..<Self.saltSize])
        let counter = Array(wrapped[Self.saltSize..<Self.saltSize + Self.counterSize])
        return try primitive { () throws(CryptoError) in
            try PublicKey(
                AESCTR.apply(
                    Array(wrapped[(Self.saltSize + Self.counterSize)...]), key: Self.key(code, salt: salt),
                    counter: counter))
        }
    }

    private static func key(_ code: PairingCode, salt: [UInt8]) throws(CryptoError) -> SecretBytes {
        try PBKDF2.sha256(password: code.password, salt: salt, rounds: Self.rounds, count: 32)
    }
}
