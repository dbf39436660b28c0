public import CryptoPrimitives
public import WhatsAppBinary

/// Why a companion refuses to be linked by a pair-success. Each has the code and text to answer with.
public enum PairSuccessRefusal: Error, Hashable, Sendable {
    /// The content is no protobuf, or the signed identity in it, or the details in that.
    case malformedContainer, malformedIdentity, malformedDetails
    /// Not from the phone that read the QR text or knows the pairing code: the secret is another one, perhaps an old one.
    case hmacMismatch
    /// The account's key does not have 32 bytes, or its signature 64.
    case wrongAccountKeySize(actual: Int)
    case wrongAccountSignatureSize(actual: Int)
    /// The account has not signed this companion's key.
    case accountSignatureMismatch
    /// The answer could not be written.
    case encodingFailed
    /// The cryptographic library failed on valid input.
    case primitiveFailed(CryptoError)

    public var code: Int {
        switch self {
        case .hmacMismatch, .wrongAccountKeySize, .wrongAccountSignatureSize, .accountSignatureMismatch: 401
        case .malformedContainer, .malformedIdentity, .malformedDetails, .encodingFailed, .primitiveFailed: 500
        }
    }

    public var text: String {
        switch self {
        case .hmacMismatch: "hmac-mismatch"
        case .wrongAccountKeySize, .wrongAccountSignatureSize, .accountSignatureMismatch: "signature-mismatch"
        case .malformedContainer, .malformedIdentity, .malformedDetails, .encodingFailed, .primitiveFailed:
            "internal-error"
        }
    }

    /// The answer to the request with this id; after it the companion disconnects.
    public func reply(to id: String) -> Node {
        Node(
            "iq", ["id": .string(id), "to": .jid(.service), "type": "error"],
            children: [Node("error", ["code": .integer(self.code), "text": .string(self.text)])])
    }
}

extension PairSuccessRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedContainer: "the phone's answer to linking is not readable"
        case .malformedIdentity: "the signed identity in the phone's answer is not readable"
        case .malformedDetails: "the details in the phone's answer are not readable"
        case .hmacMismatch: "the phone's answer was not made with the secret of this attempt; link again"
        case .wrongAccountKeySize(let actual): "the account's key has \(actual) bytes, not 32"
        case .wrongAccountSignatureSize(let actual): "the account's signature has \(actual) bytes, not 64"
        case .accountSignatureMismatch: "the account has signed another key than this device's"
        case .encodingFailed: "the answer to the phone could not be written"
        case .primitiveFailed(let error): "the cryptographic library failed: \(error)"
        }
    }
}
