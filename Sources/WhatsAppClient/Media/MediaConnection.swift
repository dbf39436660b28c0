import CryptoPrimitives
import WhatsAppBinary
import WhatsAppCrypto

/// Which servers take media, and the pass they want to see.
struct MediaConnection: Hashable, Sendable {
    struct Host: Hashable, Sendable {
        /// With a port where it is not the scheme's.
        let name: String
        /// The longest file it takes, in bytes.
        let limit: UInt64?
    }

    let auth: String
    /// Those that take uploads, in the order in which they are to be tried.
    let hosts: [Host]
    /// On the session's clock.
    let expires: Duration

    static let query = Node.iq("set", xmlns: "w:m", children: [Node("media_conn")])

    /// - Parameter now: on the session's clock.
    init(answer iq: Node, now: Duration) throws(ClientError) {
        guard let node = iq.child("media_conn"), let auth = node.string("auth"),
            (1...Self.authLimit).contains(auth.utf8.count)
        else { throw .malformedAnswer("media_conn") }
        let nodes = node.children("host").prefix(Self.hostLimit)
        let marked = nodes.filter { $0.child("upload") != nil }
        self.hosts = (marked.isEmpty ? Array(nodes) : marked).compactMap { Host($0) }
        guard !self.hosts.isEmpty else { throw .malformedAnswer("media_conn host") }
        self.auth = auth
        let lifetimes = ["ttl", "auth_ttl"].compactMap { node.integer($0, as: UInt32.self) }
        let seconds = min(lifetimes.min() ?? Self.usualLifetime, Self.longestLifetime)
        self.expires = now + .seconds(Int64(seconds))
    }

    private static let authLimit = 4096
    private static let hostLimit = 16
    private static let usualLifetime: UInt32 = 300
    private static let longestLifetime: UInt32 = 86_400

    func isFresh(_ now: Duration) -> Bool { now < self.expires }

    /// The hosts that take so many bytes.
    func hosts(for bytes: UInt64) -> [Host] {
        self.hosts.filter { $0.limit.map { bytes <= $0 } ?? true }
    }

    /// The request that brings an encrypted file to a host.
    func request(to host: Host, _ token: UploadToken, _ kind: MediaKind) -> UploadRequest {
        let (auth, name) = (self.auth.percentEncoded, token.description)
        return UploadRequest(
            host: host.name,
            target: "/mms/\(kind.pathElement)/\(name)?auth=\(auth)&token=\(name.percentEncoded)",
            headers: Self.headers)
    }

    private static let headers = [
        PipeEndpoint.Header("Origin", "https://web.whatsapp.com"),
        PipeEndpoint.Header("Referer", "https://web.whatsapp.com/"),
        PipeEndpoint.Header("Content-Type", "application/octet-stream"),
    ]
}

extension MediaConnection.Host {
    /// `nil` when the name could be read as more than a host.
    fileprivate init?(_ node: Node) {
        guard let name = node.string("hostname"), (1...255).contains(name.utf8.count),
            name.utf8.allSatisfy(\.isHostByte)
        else { return nil }
        self.init(name: name, limit: node.integer("maxContentLengthBytes"))
    }
}

extension UInt8 {
    fileprivate var isHostByte: Bool {
        self.isUnreserved || [UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]")].contains(self)
    }

    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension String {
    /// As it stands in a query's value.
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = self.utf8.flatMap { byte -> [UInt8] in
            byte.isUnreserved ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
