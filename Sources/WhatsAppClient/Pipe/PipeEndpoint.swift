public import Foundation

/// Where a pipe leads, and what is said at the door.
public struct PipeEndpoint: Hashable, Sendable {
    /// The service for devices of the web kind.
    // A constant that every URL parser takes.
    public static let production = PipeEndpoint(url: URL(string: "wss://web.whatsapp.com/ws/chat")!)

    /// `wss` or `ws`; certificates are checked by the system's list for the former.
    public var url: URL
    /// Headers of the request, in their order, beside those that WebSocket itself needs.
    public var headers: [Header]
    /// How long finding the host, connecting, TLS and the answer to the request may take in all.
    public var timeout: Duration

    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        url: URL, headers: [Header] = Self.requiredHeaders, timeout: Duration = .seconds(20)
    ) {
        self.url = url
        self.headers = headers
        self.timeout = timeout
    }

    /// What the service wants to see.
    public static let requiredHeaders = [
        Header("Origin", "https://web.whatsapp.com"), Header("Cache-Control", "no-cache"),
        Header("Pragma", "no-cache"),
    ]

    /// Whether the host is one of the real service, where only the real root key may be trusted.
    public var isProduction: Bool {
        guard var host = self.url.host()?.lowercased() else { return false }
        if host.hasSuffix(".") { host.removeLast() }
        return ["whatsapp.com", "whatsapp.net"].contains { host == $0 || host.hasSuffix(".\($0)") }
    }
}
