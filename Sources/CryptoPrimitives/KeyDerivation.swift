import COpenSSL
public import Foundation

/// HKDF with SHA-256 (RFC 5869).
public enum HKDF {
    /// `count` bytes (at most 255 · 32) from `secret`. No salt means 32 zero bytes, as the RFC has it.
    public static func sha256(
        _ secret: some ContiguousBytes, salt: (some ContiguousBytes)? = [UInt8]?.none, info: some ContiguousBytes,
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard 1...255 * 32 ~= count else { throw .wrongLength(what: "HKDF output", expected: 255 * 32, actual: count) }
        let pseudoRandomKey =
            if let salt { try HMAC.secret(key: salt, secret) } else { try HMAC.secret(key: Self.noSalt, secret) }
        return try withBytes(of: info) { (info) throws(CryptoError) in
            try withBytes(of: pseudoRandomKey) { (key) throws(CryptoError) in
                try SecretBytes(count: count) { (output) throws(CryptoError) in
                    try Self.expand(key, info, into: output)
                }
            }
        }
    }

    private static let noSalt = [UInt8](repeating: 0, count: 32)

    /// T(n) = HMAC(key, T(n - 1) || info || n), one after the other (RFC 5869, 2.3).
    private static func expand(
        _ key: UnsafeRawBufferPointer, _ info: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try withUnsafeTemporarySecret(count: 32 + info.count + 1 + 32) { (scratch) throws(CryptoError) in
            let block = UnsafeMutableRawBufferPointer(rebasing: scratch[(32 + info.count + 1)...])
            UnsafeMutableRawBufferPointer(rebasing: scratch[32...]).copyMemory(from: info)
            var offset = 0
            var number: UInt8 = 1
            while offset < output.count {
                scratch[32 + info.count] = number
                let message = UnsafeRawBufferPointer(scratch)[(number == 1 ? 32 : 0)..<(32 + info.count + 1)]
                try HMAC.sha256(key: key, UnsafeRawBufferPointer(rebasing: message), into: block)
                let size = min(32, output.count - offset)
                UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<size]))
                UnsafeMutableRawBufferPointer(rebasing: scratch[..<32]).copyMemory(from: UnsafeRawBufferPointer(block))
                offset += size
                number &+= 1
            }
        }
    }
}

/// PBKDF2 with HMAC-SHA256 (RFC 8018).
public enum PBKDF2 {
    /// `count` bytes from `password`; the time grows with `rounds`.
    public static func sha256(
        password: some ContiguousBytes, salt: some ContiguousBytes, rounds: Int, count: Int
    ) throws(CryptoError) -> SecretBytes {
        let rounds = try int32(rounds, "PBKDF2 rounds")
        return try withBytes(of: password) { (password) throws(CryptoError) in
            try withBytes(of: salt) { (salt) throws(CryptoError) in
                let passwordCount = try int32(password.count, "PBKDF2 password")
                let saltCount = try int32(salt.count, "PBKDF2 salt")
                let outputCount = try int32(count, "PBKDF2 output")
                return try SecretBytes(count: count) { (output) throws(CryptoError) in
                    let result = PKCS5_PBKDF2_HMAC(
                        UnsafeRawPointer(address(of: password)).assumingMemoryBound(to: CChar.self), passwordCount,
                        address(of: salt), saltCount, rounds, Algorithms.shared.sha256, outputCount,
                        output.assumingMemoryBound(to: UInt8.self).baseAddress)
                    guard result == 1 else { throw .primitiveFailed("PBKDF2") }
                }
            }
        }
    }
}

/// A buffer on the stack that is wiped afterwards.
func withUnsafeTemporarySecret<Value>(
    count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Value
) throws(CryptoError) -> Value {
    try withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { buffer in
        defer { OPENSSL_cleanse(buffer.baseAddress, buffer.count) }
        return Result { () throws(CryptoError) -> Value in try body(buffer) }
    }.get()
}
