@testable import SignalProtocol

extension SignalError {
    /// The case without what it carries, for comparing.
    enum Kind: Hashable {
        case noSession, noSenderKey, duplicateMessage, tooFarAhead, invalidPreKeyID, invalidSignedPreKeyID
        case untrustedIdentity, badMAC, badSignature, unsupportedVersion, malformedMessage, invalidKey
        case invalidCiphertext, chainExhausted, invalidRecord, cryptoFailed
    }

    var kind: Kind {
        switch self {
        case .noSession: .noSession
        case .noSenderKey: .noSenderKey
        case .duplicateMessage: .duplicateMessage
        case .tooFarAhead: .tooFarAhead
        case .invalidPreKeyID: .invalidPreKeyID
        case .invalidSignedPreKeyID: .invalidSignedPreKeyID
        case .untrustedIdentity: .untrustedIdentity
        case .badMAC: .badMAC
        case .badSignature: .badSignature
        case .unsupportedVersion: .unsupportedVersion
        case .malformedMessage: .malformedMessage
        case .invalidKey: .invalidKey
        case .invalidCiphertext: .invalidCiphertext
        case .chainExhausted: .chainExhausted
        case .invalidRecord: .invalidRecord
        case .cryptoFailed: .cryptoFailed
        }
    }
}
