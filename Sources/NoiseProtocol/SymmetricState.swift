import CryptoPrimitives
import Foundation

/// What both sides of a handshake keep in step: a hash over all that was said, and the key that grows out of the
/// agreements made so far.
///
/// Source: Noise protocol framework, 5.2, with two differences: there is a cipher key from the start, though nothing is
/// encrypted under it, and the empty payload of the first message is not mixed into the hash.
struct SymmetricState: Sendable {
    /// The pattern's name in ASCII, filled up to 32 bytes; a name that fits is not hashed.
    static let patternName = Array("Noise_XX_25519_AESGCM_SHA256".utf8) + [0, 0, 0, 0]

    private(set) var hash: [UInt8]
    private(set) var chainingKey: SecretBytes
    private(set) var cipher: CipherState

    init(prologue: [UInt8]) throws(NoiseError) {
        self.hash = Self.patternName
        self.chainingKey = SecretBytes(Self.patternName)
        self.cipher = CipherState(key: self.chainingKey)
        try self.mixHash(prologue)
    }

    mutating func mixHash(_ data: [UInt8]) throws(NoiseError) {
        do {
            self.hash = try Digest.sha256.hash(self.hash + data)
        } catch {
            throw .primitiveFailed(error)
        }
    }

    /// Takes an agreed secret into the key. The cipher starts anew at zero; the hash stays.
    mutating func mixKey(_ secret: SecretBytes) throws(NoiseError) {
        let (chainingKey, cipherKey) = try self.derive(secret)
        self.chainingKey = chainingKey
        self.cipher = CipherState(key: cipherKey)
    }

    /// Mixes in what `privateKey` and the peer's key agree on; `field` is where the peer's key came from.
    mutating func mixAgreement(
        _ privateKey: PrivateKey, _ publicKey: PublicKey, of field: HandshakeField
    ) throws(NoiseError) {
        let secret: SecretBytes
        do {
            secret = try privateKey.agree(with: publicKey)
        } catch .weakKey {
            throw .weakKey(field)
        } catch {
            throw .primitiveFailed(error)
        }
        try self.mixKey(secret)
    }

    mutating func encrypt(_ plaintext: some ContiguousBytes) throws(NoiseError) -> [UInt8] {
        let ciphertext = try self.cipher.seal(plaintext, authenticating: self.hash)
        try self.mixHash(ciphertext)
        return ciphertext
    }

    mutating func decrypt(_ ciphertext: [UInt8], of field: HandshakeField) throws(NoiseError) -> [UInt8] {
        let plaintext = try self.cipher.open(
            ciphertext, authenticating: self.hash, otherwise: .fieldNotAuthentic(field))
        try self.mixHash(ciphertext)
        return plaintext
    }

    /// The ciphers of the stream that follows: what the initiator sends with, then what the responder sends with.
    func split() throws(NoiseError) -> (initiator: CipherState, responder: CipherState) {
        let (first, second) = try self.derive(SecretBytes(noBytes))
        return (CipherState(key: first), CipherState(key: second))
    }

    private func derive(_ secret: SecretBytes) throws(NoiseError) -> (SecretBytes, SecretBytes) {
        do {
            let output = try HKDF.sha256(secret, salt: self.chainingKey, info: noBytes, count: 64)
            return (output[0..<32], output[32..<64])
        } catch {
            throw .primitiveFailed(error)
        }
    }
}

private let noBytes: [UInt8] = []
