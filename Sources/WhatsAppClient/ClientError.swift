public import CryptoPrimitives

/// What the client refuses to say to the server, or cannot. Carries no numbers of people and no keys.
public enum ClientError: Error, Hashable, Sendable {
    /// The user part of our own JID is not a number of digits only that fits 64 bits; `bytes` is its length.
    case notAPhoneNumber(bytes: Int)
    /// Pre-key numbers have 24 bits.
    case preKeyIDTooLarge(UInt32)
    /// The signature of a signed pre-key does not have 64 bytes.
    case wrongSignatureSize(bytes: Int)
    /// SwiftProtobuf could not write a message.
    case encodingFailed
    /// The cryptographic library failed on valid input.
    case primitiveFailed(CryptoError)
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAPhoneNumber(let bytes): "the user of the device's own address (\(bytes) bytes) is no phone number"
        case .preKeyIDTooLarge(let id): "pre-key number \(id) does not fit 24 bits"
        case .wrongSignatureSize(let bytes): "the signature of the signed pre-key has \(bytes) bytes, not 64"
        case .encodingFailed: "a message to the server could not be written"
        case .primitiveFailed(let error): "the cryptographic library failed: \(error)"
        }
    }
}
