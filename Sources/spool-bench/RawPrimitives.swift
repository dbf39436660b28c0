import COpenSSL

/// OpenSSL's primitives without anything of ours around them: contexts made once and used again, algorithms looked up
/// once, output into a buffer that is already there. What the protocol code is measured against.
///
/// A result that OpenSSL refuses ends the benchmark: a reference that did not do its work is no reference.
final class RawPrimitives {
    private let mac: OpaquePointer
    private let cipher: OpaquePointer
    private let gcm: OpaquePointer
    private let digest: OpaquePointer
    private let aesCBC = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
    private let aesGCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    private let sha256 = EVP_MD_fetch(nil, "SHA2-256", nil)
    private var output: [UInt8]
    private var count: Int32 = 0

    let key = [UInt8](0..<32)
    let iv = [UInt8](0..<16)

    init(largestInput: Int) throws {
        guard let algorithm = EVP_MAC_fetch(nil, "HMAC", nil), let mac = EVP_MAC_CTX_new(algorithm),
            let cipher = EVP_CIPHER_CTX_new(), let gcm = EVP_CIPHER_CTX_new(), let digest = EVP_MD_CTX_new()
        else { throw BenchmarkError("OpenSSL gave no context") }
        self.mac = mac
        self.cipher = cipher
        self.gcm = gcm
        self.digest = digest
        self.output = [UInt8](repeating: 0, count: largestInput + 64)
        var name = Array("SHA2-256".utf8CString)
        let result = name.withUnsafeMutableBufferPointer { name in
            OSSL_MAC_PARAM_DIGEST.withCString { key in
                EVP_MAC_CTX_set_params(
                    mac,
                    [OSSL_PARAM_construct_utf8_string(key, name.baseAddress, 0), OSSL_PARAM_construct_end()])
            }
        }
        try Self.check(result, "HMAC parameters")
    }

    deinit {
        EVP_MAC_CTX_free(self.mac)
        EVP_CIPHER_CTX_free(self.cipher)
        EVP_CIPHER_CTX_free(self.gcm)
        EVP_MD_CTX_free(self.digest)
    }

    private static func check(_ result: Int32, _ what: String) throws {
        guard result == 1 else { throw BenchmarkError("OpenSSL refused: \(what)") }
    }

    func hmac(_ message: [UInt8]) throws {
        try self.startHMAC()
        try self.updateHMAC(message, message.count)
        try self.finishHMAC()
    }

    func startHMAC() throws { try Self.check(EVP_MAC_init(self.mac, self.key, self.key.count, nil), "HMAC") }

    func updateHMAC(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws {
        try Self.check(EVP_MAC_update(self.mac, bytes, count), "HMAC")
    }

    func finishHMAC() throws {
        var size = 0
        try Self.check(EVP_MAC_final(self.mac, &self.output, &size, self.output.count), "HMAC")
    }

    func startCBC(encrypting: Bool) throws {
        try Self.check(
            EVP_CipherInit_ex2(self.cipher, self.aesCBC, self.key, self.iv, encrypting ? 1 : 0, nil), "AES-CBC")
    }

    /// The bytes written, in `output` until the next call.
    func updateCBC(_ input: UnsafePointer<UInt8>, _ inputCount: Int) throws -> (UnsafePointer<UInt8>, Int) {
        let pointer = try self.output.withUnsafeMutableBufferPointer { output in
            try Self.check(
                EVP_CipherUpdate(self.cipher, output.baseAddress, &self.count, input, Int32(inputCount)), "AES-CBC")
            return output.baseAddress
        }
        guard let pointer else { throw BenchmarkError("no buffer") }
        return (UnsafePointer(pointer), Int(self.count))
    }

    func finishCBC() throws {
        try Self.check(EVP_CipherFinal_ex(self.cipher, &self.output, &self.count), "AES-CBC")
    }

    /// The last block.
    func endCBC() throws -> [UInt8] {
        try self.finishCBC()
        return Array(self.output[..<Int(self.count)])
    }

    /// The code over all that was added.
    func endHMAC() throws -> [UInt8] {
        try self.finishHMAC()
        return Array(self.output[..<32])
    }

    func cbc(_ input: [UInt8], encrypting: Bool) throws {
        try self.startCBC(encrypting: encrypting)
        _ = try self.updateCBC(input, input.count)
        try self.finishCBC()
    }

    /// One ciphertext, for `cbc(_:encrypting: false)`.
    func cbcCiphertext(_ plaintext: [UInt8]) throws -> [UInt8] {
        try self.startCBC(encrypting: true)
        var result = [UInt8](repeating: 0, count: plaintext.count + 16)
        var first: Int32 = 0
        var last: Int32 = 0
        try Self.check(
            EVP_CipherUpdate(self.cipher, &result, &first, plaintext, Int32(plaintext.count)), "AES-CBC")
        var end = [UInt8](repeating: 0, count: 32)
        try Self.check(EVP_CipherFinal_ex(self.cipher, &end, &last), "AES-CBC")
        return Array(result[..<Int(first)] + end[..<Int(last)])
    }

    func seal(_ plaintext: [UInt8]) throws {
        try Self.check(EVP_CipherInit_ex2(self.gcm, self.aesGCM, self.key, self.iv, 1, nil), "AES-GCM")
        try Self.check(
            EVP_CipherUpdate(self.gcm, &self.output, &self.count, plaintext, Int32(plaintext.count)), "AES-GCM")
        try Self.check(EVP_CipherFinal_ex(self.gcm, &self.output, &self.count), "AES-GCM")
    }

    func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws {
        try Self.check(EVP_DigestInit_ex2(self.digest, self.sha256, nil), "SHA-256")
        try Self.check(EVP_DigestUpdate(self.digest, bytes, count), "SHA-256")
        try Self.check(EVP_DigestFinal_ex(self.digest, &self.output, nil), "SHA-256")
    }

    /// One X25519 agreement with keys already imported is what a handshake cannot do without; the import of both is in
    /// it, as every ephemeral key is used for this one agreement.
    func agree(_ privateKey: [UInt8], _ publicKey: [UInt8]) throws {
        guard let own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, 32),
            let peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, publicKey, 32),
            let context = EVP_PKEY_CTX_new(own, nil)
        else { throw BenchmarkError("OpenSSL gave no key") }
        defer {
            EVP_PKEY_CTX_free(context)
            EVP_PKEY_free(own)
            EVP_PKEY_free(peer)
        }
        try Self.check(EVP_PKEY_derive_init(context), "X25519")
        try Self.check(EVP_PKEY_derive_set_peer(context, peer), "X25519")
        var size = 32
        try Self.check(EVP_PKEY_derive(context, &self.output, &size), "X25519")
    }

    /// The public half of a private key.
    func publicKey(_ privateKey: [UInt8]) throws -> [UInt8] {
        guard let own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, 32) else {
            throw BenchmarkError("OpenSSL gave no key")
        }
        defer { EVP_PKEY_free(own) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var size = 32
        try Self.check(EVP_PKEY_get_raw_public_key(own, &bytes, &size), "X25519")
        return bytes
    }

    /// One verification of an Ed25519 signature, which is what lies under an XEdDSA one.
    func verify(_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) throws {
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, 32) else {
            throw BenchmarkError("OpenSSL gave no key")
        }
        defer { EVP_PKEY_free(key) }
        EVP_MD_CTX_reset(self.digest)
        try Self.check(EVP_DigestVerifyInit(self.digest, nil, nil, nil, key), "Ed25519")
        try Self.check(
            EVP_DigestVerify(self.digest, signature, signature.count, message, message.count), "Ed25519 signature")
        EVP_MD_CTX_reset(self.digest)
    }

    /// An Ed25519 key pair's public key and a signature, for `verify`.
    func signature(of message: [UInt8]) throws -> (signature: [UInt8], publicKey: [UInt8]) {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, self.key, 32) else {
            throw BenchmarkError("OpenSSL gave no key")
        }
        defer { EVP_PKEY_free(key) }
        var publicKey = [UInt8](repeating: 0, count: 32)
        var signature = [UInt8](repeating: 0, count: 64)
        var size = 32
        try Self.check(EVP_PKEY_get_raw_public_key(key, &publicKey, &size), "Ed25519")
        size = 64
        EVP_MD_CTX_reset(self.digest)
        try Self.check(EVP_DigestSignInit(self.digest, nil, nil, nil, key), "Ed25519")
        try Self.check(EVP_DigestSign(self.digest, &signature, &size, message, message.count), "Ed25519")
        EVP_MD_CTX_reset(self.digest)
        return (signature, publicKey)
    }
}
