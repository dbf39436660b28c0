import COpenSSL
public import Foundation

/// A Curve25519 public key: 32 bytes, the little-endian Montgomery u coordinate. Any 32 bytes are one.
public struct PublicKey: Hashable, Sendable {
    public let bytes: [UInt8]

    /// - Throws: `wrongLength` unless there are 32 bytes.
    public init(_ bytes: some ContiguousBytes) throws(CryptoError) {
        self.bytes = try withBytes(of: bytes) { (bytes) throws(CryptoError) in
            try require(bytes, "public key", count: 32)
            return Array(bytes)
        }
    }

    /// Whether the key can be the public half of a private one, in its one encoding. Other bytes can agree the same
    /// secrets, so where a key names something, as a session's base key does, only such a key will do.
    public func isProper() throws(CryptoError) -> Bool {
        guard EdwardsForm.isCanonical(self) else { return false }
        return try EdwardsForm.isInPrimeSubgroup(EdwardsForm.y(of: self))
    }
}

/// A Curve25519 private key, clamped as X25519 wants it (RFC 7748, section 5).
public struct PrivateKey: Sendable, Equatable {
    /// The 32 bytes of the scalar, for storing it.
    public let scalar: SecretBytes
    private let imported: ImportedKey

    /// - Throws: `wrongLength` unless there are 32 bytes.
    public init(_ bytes: some ContiguousBytes) throws(CryptoError) {
        self.init(
            scalar: try withBytes(of: bytes) { (bytes) throws(CryptoError) in
                try require(bytes, "private key", count: 32)
                return SecretBytes(count: 32) { scalar in
                    scalar.copyMemory(from: bytes)
                    Self.clamp(scalar)
                }
            })
    }

    /// A fresh key; the generator has to be one for secrets, such as the system's.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(
            scalar: SecretBytes(count: 32) { scalar in
                generator.fill(scalar)
                Self.clamp(scalar)
            })
    }

    private init(scalar: SecretBytes) {
        self.scalar = scalar
        self.imported = ImportedKey(scalar)
    }

    private static func clamp(_ scalar: UnsafeMutableRawBufferPointer) {
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
    }

    public static func == (left: PrivateKey, right: PrivateKey) -> Bool { left.scalar == right.scalar }

    /// The public half.
    public func publicKey() throws(CryptoError) -> PublicKey {
        var bytes = [UInt8](repeating: 0, count: 32)
        try self.imported.with { (key) throws(CryptoError) in
            var size = 32
            guard EVP_PKEY_get_raw_public_key(key, &bytes, &size) == 1 else { throw .primitiveFailed("X25519") }
        }
        return try PublicKey(bytes)
    }

    /// The 32 bytes both sides get (X25519).
    /// - Throws: `weakKey` when `peer` is a point of small order, with which the secret would be zero.
    public func agree(with peer: PublicKey) throws(CryptoError) -> SecretBytes {
        try self.imported.with { (key) throws(CryptoError) in try Self.agree(key, with: peer) }
    }

    private static func agree(_ key: OpaquePointer, with peer: PublicKey) throws(CryptoError) -> SecretBytes {
        let peerKey = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, peer.bytes, 32)
        let context = EVP_PKEY_CTX_new(key, nil)
        defer {
            EVP_PKEY_CTX_free(context)
            EVP_PKEY_free(peerKey)
        }
        guard peerKey != nil, EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peerKey) == 1
        else { throw .primitiveFailed("X25519") }
        return try SecretBytes(count: 32) { (secret) throws(CryptoError) in
            var size = 32
            let result = EVP_PKEY_derive(context, secret.assumingMemoryBound(to: UInt8.self).baseAddress, &size)
            guard result == 1 else {
                ERR_clear_error()
                throw .weakKey
            }
        }
    }
}

/// OpenSSL's form of a private key, made when it is first needed: making it computes the public half, which takes as
/// long as an agreement. OpenSSL wipes it when it is freed.
private final class ImportedKey: @unchecked Sendable {
    private let scalar: SecretBytes
    /// Guarded by the lock; never changed once it is there.
    private var key: OpaquePointer?
    private static let lock = NSLock()

    init(_ scalar: SecretBytes) {
        self.scalar = scalar
    }

    deinit {
        EVP_PKEY_free(self.key)
    }

    /// Lends the key, which lives as long as `body` runs.
    func with<Value>(_ body: (OpaquePointer) throws(CryptoError) -> Value) throws(CryptoError) -> Value {
        let key = try self.pointer()
        defer { withExtendedLifetime(self) {} }
        return try body(key)
    }

    private func pointer() throws(CryptoError) -> OpaquePointer {
        if let key = Self.lock.withLock({ self.key }) { return key }
        let made = self.scalar.withUnsafeBytes {
            EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, address(of: $0), 32)
        }
        guard let made else { throw .primitiveFailed("X25519") }
        return Self.lock.withLock {
            // Another thread may have been first.
            if let key = self.key {
                EVP_PKEY_free(made)
                return key
            }
            self.key = made
            return made
        }
    }
}

/// A private key with its public half.
public struct KeyPair: Sendable, Equatable {
    public let privateKey: PrivateKey
    public let publicKey: PublicKey

    public init(_ privateKey: PrivateKey) throws(CryptoError) {
        self.privateKey = privateKey
        self.publicKey = try privateKey.publicKey()
    }

    /// Two halves known to belong together, as they come from a store.
    public init(privateKey: PrivateKey, publicKey: PublicKey) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    /// A fresh pair; the generator has to be one for secrets, such as the system's.
    public init(using generator: inout some RandomNumberGenerator) throws(CryptoError) {
        try self.init(PrivateKey(using: &generator))
    }
}
