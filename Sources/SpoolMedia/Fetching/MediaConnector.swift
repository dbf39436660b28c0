import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Asks one address for one URL.
protocol MediaConnector: Sendable {
    /// Sends the request and waits for the head of the response; no redirect is followed.
    /// - Throws: `unreachable` when no connection came about, else what went wrong.
    func get(_ url: MediaURL, at address: NetworkAddress) async throws(MediaError) -> MediaExchange
}

/// A response whose body is still to come. `close` has to be called.
struct MediaExchange: Sendable {
    let response: HTTPClientResponse
    let client: HTTPClient

    /// Ends the connection, whatever is still to come.
    func close() async {
        do {
            try await self.client.shutdown()
        } catch {
            // It says that the body was not read to its end, which is what closing is for.
        }
    }
}
