import COpenSSL
import CSodium
public import Foundation

/// Signatures with Curve25519 keys, in the form Signal's clients use: the private scalar is taken as it is, and the
/// sign of the Edwards point travels in the top bit of the signature (the published XEdDSA negates the scalar instead).
public enum XEdDSA {
    /// Bytes of a signature.
    public static let signatureSize = 64

    /// The signature of `message`, over 64 fresh bytes from `generator`.
    public static func sign(
        _ message: some ContiguousBytes, with key: PrivateKey, using generator: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        let random = SecretBytes.random(count: 64, using: &generator)
        let point = try Self.point(key.scalar)
        let nonce = try Self.nonce(message, key.scalar, random)
        let commitment = try Self.point(nonce)
        let challenge = try Self.challenge(commitment, point, message)
        return Self.response(nonce, challenge, key.scalar, commitment: commitment, signBit: point[31] & 0x80)
    }

    /// True when the owner of `key` signed `message`. Public data: the time tells nothing worth hiding.
    public static func isValid(
        _ signature: some ContiguousBytes, of message: some ContiguousBytes, by key: PublicKey
    ) throws(CryptoError) -> Bool {
        var signature = signature.withUnsafeBytes { Array($0) }
        guard signature.count == Self.signatureSize else { return false }
        var point = try EdwardsForm.y(of: key)
        // With a point of small order anybody can make a signature that fits.
        guard try EdwardsForm.isInPrimeSubgroup(point) else { return false }
        point[31] = point[31] & 0x7F | signature[63] & 0x80
        signature[63] &= 0x7F
        guard let edwardsKey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, point, 32),
            let context = EVP_MD_CTX_new()
        else { throw .primitiveFailed("Ed25519") }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(edwardsKey)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, edwardsKey) == 1 else { throw .primitiveFailed("Ed25519") }
        return message.withUnsafeBytes {
            EVP_DigestVerify(context, signature, signature.count, address(of: $0), $0.count) == 1
        }
    }

    /// `scalar` times the base point of Ed25519.
    private static func point(_ scalar: SecretBytes) throws(CryptoError) -> [UInt8] {
        try SodiumLibrary.start()
        var point = [UInt8](repeating: 0, count: 32)
        let result = scalar.withUnsafeBytes { crypto_scalarmult_ed25519_base_noclamp(&point, address(of: $0)) }
        guard result == 0 else { throw .primitiveFailed("Ed25519") }
        return point
    }

    /// r = SHA-512(FE || FF × 31 || scalar || message || random) mod L
    private static func nonce(
        _ message: some ContiguousBytes, _ scalar: SecretBytes, _ random: SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        var hash = try HashStream(.sha512)
        try hash.update(Self.noncePrefix)
        try hash.update(scalar)
        try hash.update(message)
        try hash.update(random)
        return Self.reduced(try hash.finishSecret())
    }

    private static let noncePrefix: [UInt8] = [0xFE] + [UInt8](repeating: 0xFF, count: 31)

    /// h = SHA-512(R || A || message) mod L
    private static func challenge(
        _ commitment: [UInt8], _ point: [UInt8], _ message: some ContiguousBytes
    ) throws(CryptoError) -> SecretBytes {
        var hash = try HashStream(.sha512)
        try hash.update(commitment)
        try hash.update(point)
        try hash.update(message)
        return Self.reduced(SecretBytes(try hash.finish()))
    }

    private static func reduced(_ hash: SecretBytes) -> SecretBytes {
        hash.withUnsafeBytes { hash in
            var scalar = [UInt8](repeating: 0, count: 32)
            defer { OPENSSL_cleanse(&scalar, scalar.count) }
            crypto_core_ed25519_scalar_reduce(&scalar, address(of: hash))
            return SecretBytes(scalar)
        }
    }

    /// R || r + h · scalar mod L, with the sign of A in the top bit.
    private static func response(
        _ nonce: SecretBytes, _ challenge: SecretBytes, _ scalar: SecretBytes, commitment: [UInt8], signBit: UInt8
    ) -> [UInt8] {
        var product = [UInt8](repeating: 0, count: 32)
        defer { OPENSSL_cleanse(&product, product.count) }
        challenge.withUnsafeBytes { challenge in
            scalar.withUnsafeBytes { scalar in
                crypto_core_ed25519_scalar_mul(&product, address(of: challenge), address(of: scalar))
            }
        }
        var response = [UInt8](repeating: 0, count: 32)
        nonce.withUnsafeBytes { crypto_core_ed25519_scalar_add(&response, address(of: $0), product) }
        response[31] = response[31] & 0x7F | signBit
        return commitment + response
    }
}

/// libsodium has to be started once before its first use.
enum SodiumLibrary {
    private static let result = sodium_init()

    static func start() throws(CryptoError) {
        guard self.result >= 0 else { throw .primitiveFailed("libsodium") }
    }
}
