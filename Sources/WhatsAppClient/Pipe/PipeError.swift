/// Why there is no pipe, or no longer one. Sorted by what helps: waiting, or a person.
public enum PipeError: Error, Hashable, Sendable {
    /// Nothing was tried, because the device could not be loaded; `reason` is the store's text.
    case notTried(reason: String)
    /// The address is no `ws` or `wss` URL with a host.
    case invalidEndpoint
    /// The server answered the request with this HTTP status instead of a WebSocket.
    case refused(status: Int)
    /// The answer was no proper one: a proxy or another program in between.
    case upgradeFailed(String)
    /// No connection within the time of the endpoint.
    case timedOut
    /// Name not found, connection refused or reset, network unreachable; `reason` is the system's text.
    case network(reason: String)
    /// The server's certificate was not accepted, or TLS failed otherwise; `reason` is the library's text.
    case tls(reason: String)
    /// The other side closed with this WebSocket code; 1006 when it went without one.
    case closed(code: Int)
    /// The other side broke the rules of WebSocket; closed with 1002.
    case protocolViolation
    /// A message with more bytes than this; closed with 1009.
    case messageTooLarge(limit: Int)
    /// The task was cancelled.
    case cancelled
}

extension PipeError {
    /// Whether trying again soon is what the service expects. Otherwise something has to change first, and trying more
    /// than rarely would be a nuisance: the server has said no.
    public var isTransient: Bool {
        switch self {
        case .refused(let status): [408, 500, 501, 502, 503, 504].contains(status)
        case .notTried, .timedOut, .network, .tls, .closed, .cancelled, .upgradeFailed, .protocolViolation,
            .messageTooLarge:
            true
        case .invalidEndpoint: false
        }
    }
}

extension PipeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notTried(let reason): "the device could not be loaded: \(reason)"
        case .invalidEndpoint: "the server's address is no ws:// or wss:// URL with a host"
        case .refused(let status): "the server refused the connection with HTTP status \(status)"
        case .upgradeFailed(let reason): "the server's answer is no WebSocket's; is there a proxy? (\(reason))"
        case .timedOut: "the server did not answer in time"
        case .network(let reason): "no connection: \(reason)"
        case .tls(let reason): "no trusted connection: \(reason); check the clock, the CA certificates and proxies"
        case .closed(let code): "the server closed the connection (WebSocket code \(code))"
        case .protocolViolation: "the server broke the rules of WebSocket"
        case .messageTooLarge(let limit): "the server sent more than \(limit) bytes at once"
        case .cancelled: "the connection was given up"
        }
    }
}
