public import NoiseProtocol
public import WhatsAppBinary

/// Why a connection ended that will be followed by another.
public enum DisconnectReason: Hashable, Sendable {
    /// There was no connection, or it broke.
    case pipe(PipeError)
    /// The other side closed in an orderly way, or said that it would.
    case closedByServer
    /// The server could not prove who it is, or a frame does not belong to the stream. `isCertificateRefused` tells
    /// whether somebody else may be answering in the server's place.
    case noise(NoiseError)
    /// The byte stream cannot be followed any more.
    case malformedStream(BinaryError)
    /// No answer to the handshake, no word whether the login is accepted, or nothing at all for too long.
    case silence(Silence)
    /// `<failure>` 500 or 503, or `<stream:error>` 503: the server has trouble or goes away.
    case serverUnavailable(code: Int)
    /// `<stream:error>` 429: too many connections or requests.
    case rateLimited
    /// `<stream:error>` 515: the server wants a new connection, as after pairing. Nothing is wrong.
    case restartRequired
    /// `<stream:error>` 401 without saying that the device was removed; the next login tells.
    case unauthorized
    /// The server found a stanza of ours broken: a bug.
    case malformedStanza
    /// The server misses the acknowledgement of a stanza.
    case missingAck
    /// Any other `<stream:error>`; its code, when it has one.
    case streamError(code: String?)
    /// More arrived than could be handled; the server sends again what was not acknowledged.
    case overloaded

    public enum Silence: Hashable, Sendable {
        /// 20 s without an answer to the handshake.
        case handshake
        /// 60 s without success, failure or pairing.
        case login
        /// 60 s without a byte although something was asked.
        case deadSocket
        /// 3 min without an answer to a ping.
        case keepAlive
        /// 10 s after linking without the restart that follows it.
        case restart
        /// 5 s after the end of the stream without the end of the connection.
        case end
    }

    /// Whether the server's certificate was not accepted: tell somebody at once.
    public var isCertificateRefused: Bool {
        if case .noise(.certificateRefused) = self { true } else { false }
    }
}

extension DisconnectReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .pipe(let error): error.description
        case .closedByServer: "the server closed the connection"
        case .noise(let error): error.description
        case .malformedStream(let error): "the server's bytes cannot be followed: \(error)"
        case .silence(.handshake): "the server did not answer the handshake"
        case .silence(.login): "the server did not say whether the login is accepted"
        case .silence(.deadSocket): "nothing came from the server for 60 s"
        case .silence(.keepAlive): "the server answered no ping for 3 min"
        case .silence(.restart): "the server did not ask for the restart after linking"
        case .silence(.end): "the server ended the stream but not the connection"
        case .serverUnavailable(let code): "the server is not available (\(code))"
        case .rateLimited: "the server asks to slow down (429)"
        case .restartRequired: "the server asked for a new connection (515)"
        case .unauthorized: "the server said 401; the next login tells whether the device is still linked"
        case .malformedStanza: "the server could not read a stanza of ours"
        case .missingAck: "the server misses an acknowledgement"
        case .streamError(let code): "the server ended the stream" + (code.map { " (\($0.prefix(16)))" } ?? "")
        case .overloaded: "more arrived than could be handled"
        }
    }
}
