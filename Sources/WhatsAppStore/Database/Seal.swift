import CryptoPrimitives
import Foundation

/// How secret columns are written: with AES-256-GCM under a key of this database, or, without a key, as they are.
///
/// Sealed form: nonce (12 bytes), ciphertext, tag (16). Whoever can write the file can put back an older sealed value of
/// the same row; nothing here notices that.
struct Seal: Sendable {
    static let saltSize = 16
    private static let nonceSize = 12

    private let key: SecretBytes?

    /// Columns as they are.
    static let none = Seal(key: nil)

    private init(key: SecretBytes?) {
        self.key = key
    }

    /// - Parameter salt: of the database, so that two databases with one key have no nonces in common.
    init(_ key: StoreKey, salt: [UInt8]) throws(CryptoError) {
        self.key = try HKDF.sha256(key.bytes, salt: salt, info: Array("spoold devices".utf8), count: 32)
    }

    func seal(_ secret: some ContiguousBytes, _ column: SecretColumn, ofDevice device: Int64) throws(CryptoError)
        -> Data
    {
        guard let key = self.key else { return secret.withUnsafeBytes { Data($0) } }
        return try Self.seal(secret, key, column.identity(ofDevice: device))
    }

    /// - Throws: `damaged` for what was sealed for another row, or altered.
    func open(_ stored: Data, _ column: SecretColumn, ofDevice device: Int64) throws(StoreError) -> [UInt8] {
        guard let key = self.key else { return Array(stored) }
        guard let secret = Self.open(stored, key, column.identity(ofDevice: device)) else {
            throw .damaged(part: column.name)
        }
        return secret
    }

    private static func seal(
        _ secret: some ContiguousBytes, _ key: SecretBytes, _ identity: [UInt8]
    ) throws(CryptoError) -> Data {
        // Not the caller's generator: one nonce twice under a key gives both secrets away.
        var generator = SystemRandomNumberGenerator()
        let nonce = generator.bytes(count: Self.nonceSize)
        let sealed = try AESGCM.seal(secret, key: key, nonce: nonce, authenticating: identity)
        var stored = Data(capacity: nonce.count + sealed.count)
        stored.append(contentsOf: nonce)
        stored.append(contentsOf: sealed)
        return stored
    }

    private static func open(_ stored: Data, _ key: SecretBytes, _ identity: [UInt8]) -> [UInt8]? {
        guard stored.count > Self.nonceSize else { return nil }
        return try? AESGCM.open(
            stored.dropFirst(Self.nonceSize), key: key, nonce: stored.prefix(Self.nonceSize), authenticating: identity)
    }
}

// The check value: nothing, sealed. Who can open it has the right key.
extension Seal {
    private static let checkIdentity = Array("seal.checkValue".utf8)

    func checkValue() throws(CryptoError) -> Data {
        guard let key = self.key else { return Data() }
        return try Self.seal([UInt8](), key, Self.checkIdentity)
    }

    func isValid(checkValue: Data) -> Bool {
        guard let key = self.key else { return checkValue.isEmpty }
        return Self.open(checkValue, key, Self.checkIdentity) != nil
    }
}
