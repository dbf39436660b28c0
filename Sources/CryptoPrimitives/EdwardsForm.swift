import COpenSSL
import CSodium

/// The way from a Montgomery u coordinate to the y of the same point in Edwards form (RFC 7748, section 4.1).
enum EdwardsForm {
    /// y = (u - 1) / (u + 1) mod 2^255 - 19, little endian; the inverse of zero is taken as zero.
    static func y(of key: PublicKey) throws(CryptoError) -> [UInt8] {
        var u = key.bytes
        u[31] &= 0x7F
        guard let context = BN_CTX_new() else { throw .primitiveFailed("field arithmetic") }
        defer { BN_CTX_free(context) }
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        // The last of several BN_CTX_get calls is nil when any of them was.
        let prime = BN_CTX_get(context)
        let upper = BN_CTX_get(context)
        let lower = BN_CTX_get(context)
        let inverse = BN_CTX_get(context)
        guard let inverse, BN_lebin2bn(Self.prime, 32, prime) != nil, BN_lebin2bn(u, 32, upper) != nil,
            BN_copy(lower, upper) != nil, BN_add_word(lower, 1) == 1, BN_nnmod(lower, lower, prime, context) == 1,
            BN_sub(upper, upper, BN_value_one()) == 1, BN_nnmod(upper, upper, prime, context) == 1
        else { throw .primitiveFailed("field arithmetic") }
        if BN_is_zero(lower) == 1 { return [UInt8](repeating: 0, count: 32) }
        var y = [UInt8](repeating: 0, count: 32)
        guard BN_mod_inverse(inverse, lower, prime, context) != nil,
            BN_mod_mul(upper, upper, inverse, prime, context) == 1, BN_bn2lebinpad(upper, &y, 32) == 32
        else { throw .primitiveFailed("field arithmetic") }
        return y
    }

    /// Whether an encoded point is one of the prime-order subgroup, as all multiples of the base point are; the points
    /// of small order are not.
    static func isInPrimeSubgroup(_ point: [UInt8]) throws(CryptoError) -> Bool {
        try SodiumLibrary.start()
        return crypto_core_ed25519_is_valid_point(point) == 1
    }

    /// Whether the bytes are the one encoding of a u coordinate: below 2^255 - 19, and so without the top bit.
    static func isCanonical(_ key: PublicKey) -> Bool {
        for (byte, bound) in zip(key.bytes.reversed(), Self.prime.reversed()) where byte != bound {
            return byte < bound
        }
        return false
    }

    /// 2^255 - 19, little endian.
    private static let prime: [UInt8] = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
}
