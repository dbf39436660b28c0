import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Connects to the address it is given and to no other; the host name goes into the `Host` field, into TLS and its
/// check of the certificate.
struct PinnedConnector: MediaConnector {
    /// How long a connection may take to come about.
    var connectTimeout = Duration.seconds(10)
    /// How long the server may send nothing.
    var idleTimeout = Duration.seconds(30)

    func get(_ url: MediaURL, at address: NetworkAddress) async throws(MediaError) -> MediaExchange {
        // Were the library to read another host than we did, it would look that one up itself.
        guard URL(string: url.description)?.host == url.hostText.trimmingBrackets else {
            throw .forbiddenURL(.hostCharacters)
        }
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: self.configuration(url, address))
        do {
            // The deadline is the caller's, who also has to read the body in time.
            let response = try await client.execute(Self.request(url), timeout: .hours(24))
            return MediaExchange(response: response, client: client)
        } catch {
            let failure = MediaError(fetching: error, from: url.hostText)
            try? await client.shutdown()
            throw failure
        }
    }

    private func configuration(_ url: MediaURL, _ address: NetworkAddress) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.dnsOverride = [url.hostText: address.description]
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = TimeAmount(self.connectTimeout)
        configuration.timeout.read = TimeAmount(self.idleTimeout)
        return configuration
    }

    private static func request(_ url: MediaURL) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url.description)
        request.headers.add(name: "User-Agent", value: "spoold")
        request.headers.add(name: "Accept", value: "*/*")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        return request
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        self.hasPrefix("[") && self.hasSuffix("]") ? String(self.dropFirst().dropLast()) : self
    }
}

extension MediaError {
    /// What a failure of the HTTP library means.
    init(fetching error: any Error, from host: String) {
        switch error {
        case let error as MediaError: self = error
        case is CancellationError: self = .cancelled
        case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE:
            self = .cutOff(host: host)
        case let error as IOError:
            self = .unreachable(host: host, reason: String(cString: strerror(error.errnoCode)))
        case let error as HTTPClientError: self = Self.clientError(error, host)
        case let error as HTTPParserError where error == .invalidEOFState: self = .cutOff(host: host)
        case is HTTPParserError: self = .unreachable(host: host, reason: "its answer is not HTTP")
        case is NIOSSLError, is NIOSSLExtraError:
            self = .unreachable(host: host, reason: "it speaks no TLS, or its certificate is not valid for this name")
        // The text of an error of a library may hold anything; its type says enough.
        default: self = .unreachable(host: host, reason: String(describing: type(of: error)))
        }
    }

    private static func clientError(_ error: HTTPClientError, _ host: String) -> MediaError {
        switch error {
        case .cancelled: .cancelled
        case .remoteConnectionClosed: .cutOff(host: host)
        case .connectTimeout: .unreachable(host: host, reason: "no answer")
        case .readTimeout: .unreachable(host: host, reason: "it sends nothing more")
        default: .unreachable(host: host, reason: error.shortDescription)
        }
    }
}
