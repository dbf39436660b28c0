import CryptoPrimitives
import Foundation

/// What the companion proves itself with at the end of linking by code: salt, nonce, and both identity keys with 32
/// random bytes in AES-256-GCM.
struct KeyBundle {
    static let saltSize = 32
    static let nonceSize = 12
    private static let contentSize = 96
    static let size = Self.saltSize + Self.nonceSize + Self.contentSize + 16

    let companion, primary: PublicKey
    let random: SecretBytes

    init(companion: PublicKey, primary: PublicKey, random: SecretBytes) {
        self.companion = companion
        self.primary = primary
        self.random = random
    }

    /// - Throws: `wrongSize`, `keyBundleNotAuthentic`.
    init(sealed: [UInt8], sharedSecret: SecretBytes) throws(WhatsAppCryptoError) {
        try require(sealed, "key bundle", count: Self.size)
        let salt = Array(sealed[..<Self.saltSize])
        let nonce = Array(sealed[Self.saltSize..<Self.saltSize + Self.nonceSize])
        let ciphertext = Array(sealed[(Self.saltSize + Self.nonceSize)...])
        let key = try Self.key(sharedSecret, salt: salt)
        let content: SecretBytes
        do {
            content = SecretBytes(try AESGCM.open(ciphertext, key: key, nonce: nonce, authenticating: [UInt8]()))
        } catch {
            guard case .authenticationFailed = error else { throw .primitiveFailed(error) }
            throw .keyBundleNotAuthentic
        }
        self.companion = try primitive { () throws(CryptoError) in try PublicKey(content[0..<32]) }
        self.primary = try primitive { () throws(CryptoError) in try PublicKey(content[32..<64]) }
        self.random = content[64..<96]
    }

    func seal(
        sharedSecret: SecretBytes, using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> [UInt8] {
        let salt = generator.bytes(count: Self.saltSize)
        let nonce = generator.bytes(count: Self.nonceSize)
        let content = concatenated(SecretBytes(self.companion.bytes), SecretBytes(self.primary.bytes), self.random)
        let key = try Self.key(sharedSecret, salt: salt)
        return try primitive { () throws(CryptoError) in
            salt + nonce + (try AESGCM.seal(content, key: key, nonce: nonce, authenticating: [UInt8]()))
        }
    }

    private static func key(_ sharedSecret: SecretBytes, salt: [UInt8]) throws(WhatsAppCryptoError) -> SecretBytes {
        try primitive { () throws(CryptoError) in
            try HKDF.sha256(
                sharedSecret, salt: salt, info: Array("link_code_pairing_key_bundle_encryption_key".utf8), count: 32)
        }
    }

    /// The secret under which the pair-success will come.
    func advSecret(ephemeral: SecretBytes, identity: SecretBytes) throws(WhatsAppCryptoError) -> SecretBytes {
        let secrets = concatenated(ephemeral, identity, self.random)
        return try primitive { () throws(CryptoError) in
            try HKDF.sha256(secrets, info: Array("adv_secret".utf8), count: 32)
        }
    }
}

extension PrivateKey {
    /// Agrees on a secret with a key that came from outside.
    func agreePairing(with peer: PublicKey) throws(WhatsAppCryptoError) -> SecretBytes {
        do {
            return try self.agree(with: peer)
        } catch {
            guard case .weakKey = error else { throw .primitiveFailed(error) }
            throw .weakPairingKey
        }
    }
}
