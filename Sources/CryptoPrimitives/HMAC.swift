import COpenSSL
public import Foundation

/// HMAC-SHA256 (RFC 2104).
public enum HMAC {
    /// The 32 bytes over `message`.
    public static func sha256(
        key: some ContiguousBytes, _ message: some ContiguousBytes
    ) throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        try withBytes(of: message) { (message) throws(CryptoError) in
            try withBytes(of: key) { (key) throws(CryptoError) in
                try code.withUnsafeMutableBufferPointer { (code) throws(CryptoError) in
                    try Self.sha256(key: key, message, into: UnsafeMutableRawBufferPointer(code))
                }
            }
        }
        return code
    }

    /// The same over a message that is a secret's source, as in a key chain.
    public static func secret(
        key: some ContiguousBytes, _ message: some ContiguousBytes
    ) throws(CryptoError) -> SecretBytes {
        try withBytes(of: message) { (message) throws(CryptoError) in
            try withBytes(of: key) { (key) throws(CryptoError) in
                try SecretBytes(count: 32) { (code) throws(CryptoError) in
                    try Self.sha256(key: key, message, into: code)
                }
            }
        }
    }

    static func sha256(
        key: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try contexts.with { (context) throws(CryptoError) in
            var size = 0
            guard EVP_MAC_init(context, address(of: key), key.count, nil) == 1,
                EVP_MAC_update(context, address(of: message), message.count) == 1,
                EVP_MAC_final(context, code.assumingMemoryBound(to: UInt8.self).baseAddress, &size, 32) == 1
            else { throw .primitiveFailed("HMAC") }
        }
    }
}

private let contexts = ContextPool("HMAC", make: makeHMACContext, free: { EVP_MAC_CTX_free($0) })

/// HMAC-SHA256 over bytes that come in pieces.
public struct HMACStream: ~Copyable {
    private let context: OpaquePointer

    public init(key: some ContiguousBytes) throws(CryptoError) {
        guard let context = makeHMACContext() else { throw .primitiveFailed("HMAC") }
        let result = key.withUnsafeBytes { EVP_MAC_init(context, address(of: $0), $0.count, nil) }
        guard result == 1 else {
            EVP_MAC_CTX_free(context)
            throw .primitiveFailed("HMAC")
        }
        self.context = context
    }

    deinit {
        EVP_MAC_CTX_free(self.context)
    }

    public mutating func update(_ bytes: some ContiguousBytes) throws(CryptoError) {
        let result = bytes.withUnsafeBytes { EVP_MAC_update(self.context, address(of: $0), $0.count) }
        guard result == 1 else { throw .primitiveFailed("HMAC") }
    }

    /// The 32 bytes over all pieces so far; more pieces may follow.
    public func code() throws(CryptoError) -> [UInt8] {
        guard let copy = EVP_MAC_CTX_dup(self.context) else { throw .primitiveFailed("HMAC") }
        defer { EVP_MAC_CTX_free(copy) }
        return try Self.final(copy)
    }

    /// The 32 bytes over all pieces.
    public consuming func finish() throws(CryptoError) -> [UInt8] {
        try Self.final(self.context)
    }

    private static func final(_ context: OpaquePointer) throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var size = 0
        guard EVP_MAC_final(context, &code, &size, code.count) == 1 else { throw .primitiveFailed("HMAC") }
        return code
    }
}
