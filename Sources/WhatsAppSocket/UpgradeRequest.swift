import Foundation
import NIOHTTP1
import WhatsAppClient

/// The request that asks a server for a WebSocket, and where to send it.
struct UpgradeRequest: Sendable {
    let host: String
    let port: Int
    let usesTLS: Bool
    let head: HTTPRequestHead

    init(_ endpoint: PipeEndpoint) throws(PipeError) {
        guard let scheme = endpoint.url.scheme?.lowercased(), ["ws", "wss"].contains(scheme),
            let host = endpoint.url.host(percentEncoded: false), !host.isEmpty,
            let port = UInt16(exactly: endpoint.url.port ?? (scheme == "wss" ? 443 : 80)), port > 0
        else { throw .invalidEndpoint }
        self.usesTLS = scheme == "wss"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = Int(port)
        var headers: HTTPHeaders = ["Host": Self.hostHeader(self.host, endpoint.url.port)]
        for header in endpoint.headers { headers.add(name: header.name, value: header.value) }
        self.head = HTTPRequestHead(version: .http1_1, method: .GET, uri: Self.target(endpoint.url), headers: headers)
    }

    private static func hostHeader(_ host: String, _ port: Int?) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    private static func target(_ url: URL) -> String {
        let path = url.path(percentEncoded: true)
        return (path.isEmpty ? "/" : path) + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
    }
}
