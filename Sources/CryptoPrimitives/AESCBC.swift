import COpenSSL
public import Foundation

/// AES-256 in CBC mode with PKCS #7 padding. Says nothing about who wrote a ciphertext: check a MAC first.
public enum AESCBC {
    /// The ciphertext, 1 to 16 bytes longer than `plaintext`. The key has 32 bytes, the IV 16.
    public static func encrypt(
        _ plaintext: some ContiguousBytes, key: some ContiguousBytes, iv: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        try Self.run(1, plaintext, key: key, iv: iv)
    }

    /// The plaintext.
    /// - Throws: `wrongPadding` when the length is no positive multiple of 16 or the padding does not fit.
    public static func decrypt(
        _ ciphertext: some ContiguousBytes, key: some ContiguousBytes, iv: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        let count = ciphertext.withUnsafeBytes(\.count)
        guard count > 0, count.isMultiple(of: 16) else { throw .wrongPadding }
        return try Self.run(0, ciphertext, key: key, iv: iv)
    }

    private static func run(
        _ direction: Int32, _ input: some ContiguousBytes, key: some ContiguousBytes, iv: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        try withBytes(of: input) { (input) throws(CryptoError) in
            let count = try int32(input.count, "AES-CBC input")
            var output = [UInt8](repeating: 0, count: input.count + 16)
            let written = try cipherContexts.with { (context) throws(CryptoError) -> Int in
                try start(context, Algorithms.shared.aes256CBC, direction, key: key, iv: iv, ivCount: 16)
                var first: Int32 = 0
                var last: Int32 = 0
                guard EVP_CipherUpdate(context, &output, &first, address(of: input), count) == 1 else {
                    throw .primitiveFailed("AES-CBC")
                }
                let result = output.withUnsafeMutableBufferPointer { output in
                    EVP_CipherFinal_ex(context, output.baseAddress.map { $0 + Int(first) }, &last)
                }
                guard result == 1 else {
                    ERR_clear_error()
                    throw .wrongPadding
                }
                return Int(first) + Int(last)
            }
            output.removeLast(output.count - written)
            return output
        }
    }
}

let cipherContexts = ContextPool("cipher", make: { EVP_CIPHER_CTX_new() }, free: { EVP_CIPHER_CTX_free($0) })

/// Sets a context up for one message.
func start(
    _ context: OpaquePointer, _ algorithm: OpaquePointer?, _ direction: Int32, key: some ContiguousBytes,
    iv: some ContiguousBytes, ivCount: Int
) throws(CryptoError) {
    try withBytes(of: key) { (key) throws(CryptoError) in
        try withBytes(of: iv) { (iv) throws(CryptoError) in
            try require(key, "AES key", count: 32)
            try require(iv, "AES nonce", count: ivCount)
            let result = EVP_CipherInit_ex2(context, algorithm, address(of: key), address(of: iv), direction, nil)
            guard result == 1 else { throw .primitiveFailed("AES") }
        }
    }
}

/// AES-256-CBC over bytes that come in pieces, with PKCS #7 padding at the end.
public struct AESCBCStream: ~Copyable {
    public enum Direction: Sendable {
        case encrypt, decrypt
    }

    private let context: OpaquePointer

    /// The key has 32 bytes, the IV 16.
    public init(_ direction: Direction, key: some ContiguousBytes, iv: some ContiguousBytes) throws(CryptoError) {
        guard let context = EVP_CIPHER_CTX_new() else { throw .primitiveFailed("AES-CBC") }
        do {
            try start(
                context, Algorithms.shared.aes256CBC, direction == .encrypt ? 1 : 0, key: key, iv: iv, ivCount: 16)
        } catch {
            EVP_CIPHER_CTX_free(context)
            throw error
        }
        self.context = context
    }

    deinit {
        EVP_CIPHER_CTX_free(self.context)
    }

    /// Works through one piece and says how many bytes were written. Up to 16 bytes stay inside for the next piece.
    /// - Parameter output: at least 16 bytes larger than `input`; the two must not overlap.
    public mutating func update(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        let count = try int32(input.count, "AES-CBC input")
        guard output.count >= input.count + 16 else {
            throw .wrongLength(what: "AES-CBC output", expected: input.count + 16, actual: output.count)
        }
        var written: Int32 = 0
        let result = EVP_CipherUpdate(
            self.context, output.assumingMemoryBound(to: UInt8.self).baseAddress, &written, address(of: input), count)
        guard result == 1 else { throw .primitiveFailed("AES-CBC") }
        return Int(written)
    }

    /// The last bytes, 16 at most.
    /// - Throws: `wrongPadding` when what was decrypted does not end in PKCS #7 padding.
    public consuming func finish() throws(CryptoError) -> [UInt8] {
        var last = [UInt8](repeating: 0, count: 32)
        var written: Int32 = 0
        guard EVP_CipherFinal_ex(self.context, &last, &written) == 1 else {
            ERR_clear_error()
            throw .wrongPadding
        }
        return Array(last[..<Int(written)])
    }
}
