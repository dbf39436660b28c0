public import CryptoPrimitives

/// Why a handshake, a certificate or an encrypted frame was refused. Carries no key and no content.
public enum NoiseError: Error, Hashable, Sendable {
    /// A handshake message of more than `HandshakeXX.maximumMessageSize` bytes.
    case messageTooLarge(bytes: Int)
    /// A handshake message that is no protobuf.
    case malformedMessage
    /// A handshake message that is not the one expected, or holds others beside it.
    case unexpectedMessage(expected: HandshakeMember)
    /// A client hello with the fields of the resuming pattern (IK); only XX is spoken here.
    case resumptionUnsupported
    /// A handshake message without this field.
    case missingField(HandshakeField)
    /// A field of a handshake message has the wrong number of bytes; for a payload `expected` is the least.
    case wrongFieldSize(HandshakeField, expected: Int, actual: Int)
    /// The key in this field is a point of small order, with which no secret can be agreed.
    case weakKey(HandshakeField)
    /// This field was altered on the way, or made with other keys or another transcript.
    case fieldNotAuthentic(HandshakeField)
    /// The server did not prove who it is: possibly somebody else answers in its place.
    case certificateRefused(CertificateRefusal)
    /// A frame outside `CipherState.frameSizes`.
    case frameSize(bytes: Int)
    /// The frame with this number was altered, repeated, left out or made with another key: the stream is out of step.
    case frameNotAuthentic(number: UInt64)
    /// All 2^32 nonces of a key are used; the connection has to be made anew.
    case counterExhausted
    /// SwiftProtobuf could not write a message.
    case encodingFailed
    /// The cryptographic library failed on valid input.
    case primitiveFailed(CryptoError)
}

/// The three messages of the handshake, in their order.
public enum HandshakeMember: Hashable, Sendable {
    case clientHello, serverHello, clientFinish
}

/// The fields of the three messages.
public enum HandshakeField: Hashable, Sendable {
    case clientEphemeral
    case serverEphemeral, serverStatic, serverPayload
    case clientStatic, clientPayload
}

extension NoiseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .messageTooLarge(let bytes): "a handshake message of \(bytes) bytes is too large"
        case .malformedMessage: "a handshake message is not readable"
        case .unexpectedMessage(let expected): "a handshake message came that is no \(expected)"
        case .resumptionUnsupported: "the client asked to resume a session (IK); only full handshakes (XX) are spoken"
        case .missingField(let field): "a handshake message came without its \(field)"
        case .wrongFieldSize(let field, let expected, let actual):
            "the \(field) of a handshake message has \(actual) bytes where \(expected) were expected"
        case .weakKey(let field): "the \(field) of a handshake message is a key that gives no secret"
        case .fieldNotAuthentic(let field):
            "the \(field) of a handshake message is not authentic: altered on the way, or made with other keys"
        case .certificateRefused(let refusal): "the server's certificate is refused, do not trust it: \(refusal)"
        case .frameSize(let bytes): "an encrypted frame of \(bytes) bytes; they have 17 to 16777215"
        case .frameNotAuthentic(let number): "frame \(number) is not authentic: the connection is out of step"
        case .counterExhausted: "the connection has sent all the frames its key allows; connect again"
        case .encodingFailed: "a handshake message could not be written"
        case .primitiveFailed(let error): "the cryptographic library failed: \(error)"
        }
    }
}
