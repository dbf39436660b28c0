public import CryptoPrimitives

/// Why a message, a bundle or a stored record was refused. Nothing has changed when one of these is thrown.
public enum SignalError: Error, Hashable, Sendable {
    /// There is no session with this address.
    case noSession
    /// No sender key with this id came from the sender; nil when none came at all, or none was made.
    case noSenderKey(id: UInt32?)
    /// The message was decrypted before, or is so old that its key is gone. `chainIndex` is the next counter expected.
    case duplicateMessage(counter: UInt32, chainIndex: UInt32)
    /// More messages are missing before this one than keys are kept for.
    case tooFarAhead(counter: UInt32, chainIndex: UInt32)
    /// The one-time pre-key a message was made for is not (or no longer) ours.
    case invalidPreKeyID(UInt32)
    /// The signed pre-key a message was made for is not ours.
    case invalidSignedPreKeyID(UInt32)
    /// The address had another identity key so far, and the cipher does not accept changes.
    case untrustedIdentity
    /// The message was altered, or belongs to another session.
    case badMAC
    /// A signed pre-key or group message is not signed by the key it should be.
    case badSignature
    /// The high half of a version byte is not 3. Lower ones are history, higher ones unknown.
    case unsupportedVersion(UInt8)
    /// The bytes are no message of their kind; `part` names what is missing or wrong.
    case malformedMessage(part: StaticStringName)
    /// A public key of the wrong length or type, or one nobody can agree a secret with.
    case invalidKey
    /// The message is authentic, but its ciphertext is not whole blocks with a padding.
    case invalidCiphertext
    /// A chain has given its last key (2³² − 1); only a new session or sender key helps.
    case chainExhausted
    /// Stored bytes are no record, or one of a newer format; `part` names what is wrong.
    case invalidRecord(part: StaticStringName)
    /// The cryptographic library failed on valid input.
    case cryptoFailed(CryptoError)
}

extension SignalError {
    init(_ error: CryptoError) {
        switch error {
        case .weakKey: self = .invalidKey
        case .wrongPadding: self = .invalidCiphertext
        case .authenticationFailed, .wrongLength, .primitiveFailed: self = .cryptoFailed(error)
        }
    }
}

extension SignalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSession: "no Signal session; fetch a pre-key bundle"
        case .noSenderKey(nil): "no sender key for this group and sender"
        case .noSenderKey(let id?): "no sender key \(id) for this group and sender"
        case .duplicateMessage(let counter, let index): "message \(counter) came before (next is \(index))"
        case .tooFarAhead(let counter, let index): "message \(counter) is too far ahead of \(index)"
        case .invalidPreKeyID(let id): "unknown one-time pre-key \(id)"
        case .invalidSignedPreKeyID(let id): "unknown signed pre-key \(id)"
        case .untrustedIdentity: "the identity key has changed"
        case .badMAC: "the message authentication code is wrong"
        case .badSignature: "the signature is wrong"
        case .unsupportedVersion(let version): "message version \(version) is not supported"
        case .malformedMessage(let part): "malformed message: \(part)"
        case .invalidKey: "invalid public key"
        case .invalidCiphertext: "invalid ciphertext"
        case .chainExhausted: "the key chain is used up"
        case .invalidRecord(let part): "invalid stored record: \(part)"
        case .cryptoFailed(let error): "cryptography failed: \(error)"
        }
    }
}

/// Runs primitives with their errors in this room's words.
func withSignalErrors<Value>(_ body: () throws(CryptoError) -> Value) throws(SignalError) -> Value {
    do {
        return try body()
    } catch {
        throw SignalError(error)
    }
}
