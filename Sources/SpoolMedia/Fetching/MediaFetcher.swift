import SpoolCore
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Fetches a URL into a file: through the guard, with limits on time, size and redirects, in flat memory.
public struct MediaFetcher: Sendable {
    public struct Limits: Sendable {
        /// The most bytes of a body.
        public var size = MediaKind.maximumSize
        /// How long everything together may take, look-ups and redirects included.
        public var time = Duration.seconds(300)
        /// How many redirects are followed.
        public var redirects = 5

        public init() {}
    }

    private let urlGuard: URLGuard
    private let limits: Limits
    private let connector: any MediaConnector
    private let clock: any Clock<Duration>

    public init(_ urlGuard: URLGuard, limits: Limits = Limits(), clock: any Clock<Duration> = ContinuousClock()) {
        self.init(urlGuard, limits: limits, clock: clock, connector: PinnedConnector())
    }

    init(_ urlGuard: URLGuard, limits: Limits, clock: any Clock<Duration>, connector: any MediaConnector) {
        self.urlGuard = urlGuard
        self.limits = limits
        self.connector = connector
        self.clock = clock
    }

    /// Fetches what the URL leads to into a new file at `path`, which is whole when this returns and gone when it
    /// throws.
    public func fetch(_ url: MediaURL, into path: String) async throws(MediaError) -> FetchedFile {
        let result = await withTaskGroup(of: Result<FetchedFile, MediaError>.self) { group in
            group.addTask { await Self.result { () throws(MediaError) in try await self.download(url, into: path) } }
            group.addTask {
                do {
                    try await self.clock.sleep(for: self.limits.time)
                    return .failure(.timedOut(host: url.hostText, seconds: Int(self.limits.time.components.seconds)))
                } catch {
                    return .failure(.cancelled)
                }
            }
            // The group has two tasks, so there is a first.
            let first = await group.next() ?? .failure(.cancelled)
            group.cancelAll()
            return first
        }
        return try result.get()
    }

    private static func result(
        _ body: () async throws(MediaError) -> FetchedFile
    ) async -> Result<FetchedFile, MediaError> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func download(_ url: MediaURL, into path: String) async throws(MediaError) -> FetchedFile {
        var url = url
        for _ in 0...self.limits.redirects {
            let exchange = try await self.connect(url)
            do throws(MediaError) {
                if let location = try Self.redirection(of: exchange.response, from: url) {
                    await exchange.close()
                    url = try url.redirected(to: location)
                    continue
                }
                let file = try await self.receive(exchange.response, from: url, into: path)
                await exchange.close()
                return file
            } catch {
                await exchange.close()
                throw error
            }
        }
        throw .tooManyRedirects(limit: self.limits.redirects)
    }

    /// Tries the host's addresses in turn until one can be reached.
    private func connect(_ url: MediaURL) async throws(MediaError) -> MediaExchange {
        var failure = MediaError.unresolvable(host: url.hostText, isTemporary: false)
        for address in try await self.urlGuard.addresses(for: url).prefix(Self.addressesTried) {
            do throws(MediaError) {
                return try await self.connector.get(url, at: address)
            } catch {
                guard case .unreachable = error else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private static let addressesTried = 4

    /// Where the response sends us, if anywhere.
    private static func redirection(
        of response: HTTPClientResponse, from url: MediaURL
    ) throws(MediaError) -> String? {
        switch response.status.code {
        case 301, 302, 303, 307, 308:
            guard let location = response.headers.first(name: "Location"), !location.isEmpty else {
                throw .badRedirect(host: url.hostText)
            }
            return location
        default: return nil
        }
    }

    private func receive(
        _ response: HTTPClientResponse, from url: MediaURL, into path: String
    ) async throws(MediaError) -> FetchedFile {
        guard response.status == .ok else { throw .status(Int(response.status.code), host: url.hostText) }
        if let encoding = response.headers.first(name: "Content-Encoding"), encoding.lowercased() != "identity" {
            throw .encoded(encoding, host: url.hostText)
        }
        let announced = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
        if let announced, announced > self.limits.size {
            throw .tooLarge(size: announced, limit: self.limits.size, kind: nil)
        }
        let output = try ContentWriter(creating: path, limit: self.limits.size)
        do {
            for try await buffer in response.body {
                try buffer.withUnsafeReadableBytes { bytes in try output.write(bytes) }
            }
            if let announced, announced != output.size { throw MediaError.cutOff(host: url.hostText) }
            let hash = try output.finish()
            let type = response.headers.first(name: "Content-Type").map(ContentType.init)
            return FetchedFile(hash: hash, size: output.size, contentType: type?.text, name: url.lastPathComponent)
        } catch {
            output.discard()
            throw MediaError(fetching: error, from: url.hostText)
        }
    }
}
