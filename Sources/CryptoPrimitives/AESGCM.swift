import COpenSSL
public import Foundation

/// AES-256 in Galois/counter mode: 32-byte key, 12-byte nonce, 16-byte tag at the end of the ciphertext.
public enum AESGCM {
    private static let tagSize = 16

    /// Ciphertext and tag. A nonce must never come twice under one key.
    public static func seal(
        _ plaintext: some ContiguousBytes, key: some ContiguousBytes, nonce: some ContiguousBytes,
        authenticating data: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        try withBytes(of: plaintext) { (plaintext) throws(CryptoError) in
            let count = try int32(plaintext.count, "AES-GCM input")
            var output = [UInt8](repeating: 0, count: plaintext.count + Self.tagSize)
            try cipherContexts.with { (context) throws(CryptoError) in
                try start(context, Algorithms.shared.aes256GCM, 1, key: key, iv: nonce, ivCount: 12)
                try Self.authenticate(data, context)
                var written: Int32 = 0
                var last: Int32 = 0
                let result = output.withUnsafeMutableBytes { output in
                    // The array has at least the tag's bytes, so it has an address.
                    let start = output.assumingMemoryBound(to: UInt8.self).baseAddress
                    return EVP_CipherUpdate(context, start, &written, address(of: plaintext), count) == 1
                        && EVP_CipherFinal_ex(context, start.map { $0 + Int(written) }, &last) == 1
                        && spool_gcm_get_tag(context, start.map { $0 + plaintext.count }) == 1
                }
                guard result else { throw .primitiveFailed("AES-GCM") }
            }
            return output
        }
    }

    /// The plaintext.
    /// - Throws: `authenticationFailed` for anything that `seal` did not make with this key, nonce and data.
    public static func open(
        _ sealed: some ContiguousBytes, key: some ContiguousBytes, nonce: some ContiguousBytes,
        authenticating data: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        try withBytes(of: sealed) { (sealed) throws(CryptoError) in
            let size = sealed.count - Self.tagSize
            guard size >= 0 else { throw .authenticationFailed }
            let count = try int32(size, "AES-GCM input")
            // One byte more, so that an empty plaintext has an address too.
            var output = [UInt8](repeating: 0, count: size + 1)
            var tag = Array(sealed[size...])
            try cipherContexts.with { (context) throws(CryptoError) in
                try start(context, Algorithms.shared.aes256GCM, 0, key: key, iv: nonce, ivCount: 12)
                try Self.authenticate(data, context)
                var written: Int32 = 0
                guard spool_gcm_set_tag(context, &tag) == 1,
                    EVP_CipherUpdate(context, &output, &written, address(of: sealed), count) == 1
                else { throw .primitiveFailed("AES-GCM") }
                var rest: UInt8 = 0
                guard EVP_CipherFinal_ex(context, &rest, &written) == 1 else {
                    ERR_clear_error()
                    throw .authenticationFailed
                }
            }
            output.removeLast()
            return output
        }
    }

    private static func authenticate(
        _ data: some ContiguousBytes, _ context: OpaquePointer
    ) throws(CryptoError) {
        try withBytes(of: data) { (data) throws(CryptoError) in
            guard !data.isEmpty else { return }
            let count = try int32(data.count, "AES-GCM data")
            var written: Int32 = 0
            guard EVP_CipherUpdate(context, nil, &written, address(of: data), count) == 1 else {
                throw .primitiveFailed("AES-GCM")
            }
        }
    }
}

/// AES-256 in counter mode: a key stream without authentication. Encrypting and decrypting are the same.
public enum AESCTR {
    /// The key has 32 bytes, the first counter block 16.
    public static func apply(
        _ input: some ContiguousBytes, key: some ContiguousBytes, counter: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        try withBytes(of: input) { (input) throws(CryptoError) in
            let count = try int32(input.count, "AES-CTR input")
            var output = [UInt8](repeating: 0, count: input.count)
            guard !input.isEmpty else { return output }
            try cipherContexts.with { (context) throws(CryptoError) in
                try start(context, Algorithms.shared.aes256CTR, 1, key: key, iv: counter, ivCount: 16)
                var written: Int32 = 0
                guard EVP_CipherUpdate(context, &output, &written, address(of: input), count) == 1 else {
                    throw .primitiveFailed("AES-CTR")
                }
            }
            return output
        }
    }
}
