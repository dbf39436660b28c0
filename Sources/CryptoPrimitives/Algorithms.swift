import COpenSSL

/// OpenSSL's algorithms, looked up once: a look-up takes a lock and costs more than hashing a short message.
/// They live as long as the process.
struct Algorithms: @unchecked Sendable {
    static let shared = Algorithms()

    let md5 = EVP_MD_fetch(nil, "MD5", nil)
    let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
    let sha256 = EVP_MD_fetch(nil, "SHA2-256", nil)
    let sha512 = EVP_MD_fetch(nil, "SHA2-512", nil)
    let aes256CBC = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)
    let aes256CTR = EVP_CIPHER_fetch(nil, "AES-256-CTR", nil)
    let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
}

/// A MAC context set up for HMAC-SHA256, without a key.
func makeHMACContext() -> OpaquePointer? {
    guard let context = EVP_MAC_CTX_new(Algorithms.shared.hmac) else { return nil }
    var digestName = Array("SHA2-256".utf8CString)
    let result = digestName.withUnsafeMutableBufferPointer { name in
        // The parameter keeps the address of its key, so the key has to outlive it.
        OSSL_MAC_PARAM_DIGEST.withCString { key in
            let parameters = [
                OSSL_PARAM_construct_utf8_string(key, name.baseAddress, 0), OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_CTX_set_params(context, parameters)
        }
    }
    guard result == 1 else {
        EVP_MAC_CTX_free(context)
        return nil
    }
    return context
}
