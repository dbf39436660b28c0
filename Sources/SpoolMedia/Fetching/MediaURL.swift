/// An `http` or `https` URL in its one strict form, so that no two parsers can disagree about its host.
///
/// Refused are user information, anything in the host but plain ASCII labels or a plain address, and everything that
/// some parsers read as a delimiter and others do not. What is left is written out anew from its parts.
public struct MediaURL: Hashable, Sendable, CustomStringConvertible {
    public static let maximumLength = 8192

    enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    enum Host: Hashable, Sendable {
        /// Lower-case ASCII, without the trailing dot.
        case name(String)
        case address(NetworkAddress)
    }

    let scheme: Scheme
    let host: Host
    let port: Int
    /// Begins with a slash; percent-encoded.
    let path: String
    /// Percent-encoded, without the question mark.
    let query: String?

    /// The host as it stands in the URL, with brackets around IPv6.
    var hostText: String {
        switch self.host {
        case .name(let name): name
        case .address(let address): address.isIPv4 ? address.description : "[\(address)]"
        }
    }

    /// The last part of the path, decoded; `nil` when the path ends in a slash.
    var lastPathComponent: String? {
        let last = self.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? []
        return last.isEmpty ? nil : PercentEncoding.decoded(Array(last))
    }

    public var description: String {
        let port = self.port == self.scheme.defaultPort ? "" : ":\(self.port)"
        return "\(self.scheme.rawValue)://\(self.hostText)\(port)\(self.path)\(self.query.map { "?" + $0 } ?? "")"
    }
}
