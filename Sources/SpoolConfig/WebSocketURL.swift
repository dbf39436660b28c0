/// The address of a WebSocket server: `ws://` or `wss://`, a host, perhaps a port, and a path.
public struct WebSocketURL: Hashable, Sendable, CustomStringConvertible {
    /// `true` for `wss`, TLS.
    public let isSecure: Bool
    /// The host and its port, 443 or 80 when none was written.
    public let server: ListenAddress
    /// Starts with `/`; a query stays part of it.
    public let path: String

    public init(isSecure: Bool, server: ListenAddress, path: String) {
        self.isSecure = isSecure
        self.server = server
        self.path = path
    }

    /// `nil` for other schemes, user names, fragments, port 0, and characters that a request line cannot carry.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#"), !text.contains("@"),
            let schemeEnd = text.firstRange(of: "://")
        else { return nil }
        switch text[..<schemeEnd.lowerBound] {
        case "wss": self.isSecure = true
        case "ws": self.isSecure = false
        default: return nil
        }
        let rest = text[schemeEnd.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let hasPort = authority.last != "]" && authority.contains(":")
        let address = hasPort ? String(authority) : "\(authority):\(self.isSecure ? 443 : 80)"
        guard let server = ListenAddress(address), server.port != 0 else { return nil }
        self.server = server
        let path = rest.dropFirst(authority.count)
        self.path = path.first == "/" ? String(path) : "/\(path)"
    }

    public var description: String {
        let scheme = self.isSecure ? "wss" : "ws"
        let server = self.server.description
        let usual = self.isSecure ? ":443" : ":80"
        let shown = server.hasSuffix(usual) ? String(server.dropLast(usual.count)) : server
        return "\(scheme)://\(shown)\(self.path)"
    }

    /// Whether the server runs on this machine.
    public var isLoopback: Bool { self.server.isLoopback }
}
