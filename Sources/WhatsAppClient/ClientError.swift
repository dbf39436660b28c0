public import CryptoPrimitives
public import WhatsAppBinary
public import WhatsAppCrypto

/// What the client refuses to say to the server, or cannot, or what became of a request. Carries no numbers of people
/// and no keys.
public enum ClientError: Error, Hashable, Sendable {
    // Requests

    /// There is no connection that is logged in.
    case notConnected
    /// The stanza has no form on the wire, or the connection can encrypt no more.
    case unsendable(BinaryError?)
    /// A stanza with this id waits for its acknowledgement already.
    case duplicateID(String)
    /// The connection went away before the answer came.
    case connectionLost(mayHaveLeft: Bool)
    /// No answer in time.
    case timedOut(mayHaveLeft: Bool)
    /// The task that asked was cancelled.
    case cancelled(mayHaveLeft: Bool)
    /// The server answered a request with an error.
    case refused(IQError)
    /// An answer lacks a part, or has one that is not readable; the name says which.
    case malformedAnswer(StaticStringName)

    // Stores

    /// The device's store failed; the text is the store's.
    case storeFailed(String)

    // Payloads and keys

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
    /// It failed at making a device's keys.
    case keysNotMade
    /// The first message of the handshake could not be made.
    case handshakeNotMade

    // Pairing

    /// Pairing codes can be asked for only while an unlinked device is connected.
    case notPairing
    /// A pairing code could not be made, or not for this number.
    case pairingCodeFailed(WhatsAppCryptoError)
}

extension ClientError {
    /// Whether the server may have seen what was to be sent: then doing it again must be safe, or is left.
    public var mayHaveLeft: Bool {
        switch self {
        case .connectionLost(let mayHaveLeft), .timedOut(let mayHaveLeft), .cancelled(let mayHaveLeft): mayHaveLeft
        case .refused, .malformedAnswer: true
        case .notConnected, .unsendable, .duplicateID, .storeFailed, .notAPhoneNumber, .preKeyIDTooLarge,
            .wrongSignatureSize, .encodingFailed, .primitiveFailed, .keysNotMade, .handshakeNotMade,
            .notPairing, .pairingCodeFailed:
            false
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notConnected: "the device is not connected"
        case .unsendable(let error): "a stanza could not be sent" + (error.map { ": \($0)" } ?? "")
        case .duplicateID(let id): "a stanza with the id \(id) is under way already"
        case .connectionLost: "the connection was lost before the server answered"
        case .timedOut: "the server did not answer in time"
        case .cancelled: "a request was given up"
        case .refused(let error): "the server refused a request: \(error)"
        case .malformedAnswer(let name): "the server's answer is not readable: \(name)"
        case .storeFailed(let reason): "the device's store failed: \(reason)"
        case .notAPhoneNumber(let bytes): "the user of the device's own address (\(bytes) bytes) is no phone number"
        case .preKeyIDTooLarge(let id): "pre-key number \(id) does not fit 24 bits"
        case .wrongSignatureSize(let bytes): "the signature of the signed pre-key has \(bytes) bytes, not 64"
        case .encodingFailed: "a message to the server could not be written"
        case .primitiveFailed(let error): "the cryptographic library failed: \(error)"
        case .keysNotMade: "the cryptographic library failed at making keys"
        case .handshakeNotMade: "the cryptographic library failed at the handshake"
        case .notPairing: "a pairing code needs a device that is connected and not linked yet"
        case .pairingCodeFailed(let error): "no pairing code: \(error)"
        }
    }
}
