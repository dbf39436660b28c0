/// Where a server listens: `host:port`, with an IPv6 address in brackets.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host name or a numeric address, without brackets.
    public let host: String
    /// 0 lets the system choose.
    public let port: Int

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = Int(port)
    }

    /// Reads `127.0.0.1:8025`, `localhost:0` or `[::1]:8025`; `nil` without a host or without a port.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
            guard IPAddress(String(host))?.bytes.count == 16 else { return nil }
        } else {
            guard Self.isName(host) else { return nil }
        }
        self.init(host: String(host), port: port)
    }

    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    /// Whether only this machine can connect to it.
    public var isLoopback: Bool {
        IPAddress(self.host)?.isLoopback ?? (self.host.lowercased() == "localhost")
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt16(text)
    }

    /// Letters, digits, dots and hyphens; whatever has only digits and dots must be an IPv4 address.
    private static func isName(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count), let first = host.first, first != ".", first != "-",
            host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") })
        else { return false }
        return host.contains { $0.isLetter } || IPAddress(String(host)) != nil
    }
}
