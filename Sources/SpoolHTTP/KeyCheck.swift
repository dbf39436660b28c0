import Foundation
import HTTPTypes
import Hummingbird
import SpoolCore
import SpoolQueue
import Synchronization

/// Finds out whose key a request carries.
///
/// A right key is answered at once, always. A wrong one waits a moment first, and at most so many wait together:
/// further ones are turned away, so that guessing is slow and a flood of guesses holds no memory.
final class KeyCheck: Sendable {
    static let delay = Duration.milliseconds(250)
    static let mostWaiting = 64

    private let reader: QueueReader
    private let clock: any WallClock
    private let pauses: any Clock<Duration>
    private let waiting = Mutex(0)

    init(reader: QueueReader, clock: any WallClock, pauses: any Clock<Duration>) {
        self.reader = reader
        self.clock = clock
        self.pauses = pauses
    }

    /// What the request's key may see.
    ///
    /// - Throws: `UNAUTHORIZED` when there is no key, or it is unknown, expired or revoked; `RATE_LIMITED` when too
    ///   many wrong keys are waiting; `QueueError` when the database cannot be read.
    func scope(of request: Request) async throws -> KeyScope {
        guard let key = Self.key(in: request.headers) else {
            throw APIError(.unauthorized, "API key missing; send it as X-API-Key or Authorization: Bearer")
        }
        if let scope = try await self.reader.scope(ofKey: key, now: self.clock.now) { return scope }
        throw await self.refusal()
    }

    private static func key(in headers: HTTPFields) -> String? {
        if let key = headers[.apiKey], !key.isEmpty { return key }
        let parts = headers[.authorization]?.split(separator: " ", omittingEmptySubsequences: true) ?? []
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private func refusal() async -> APIError {
        let mayWait = self.waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard mayWait else { return APIError(.rateLimited, "Too many wrong API keys; try again in a second") }
        defer { self.waiting.withLock { $0 -= 1 } }
        do {
            try await self.pauses.sleep(for: Self.delay)
        } catch {
            // The connection is being closed: nobody waits for this answer any more, so it may come early.
            return APIError(.unauthorized, "Invalid API key")
        }
        return APIError(.unauthorized, "Invalid API key")
    }
}

extension HTTPField.Name {
    // The name is a constant and a valid token, which is all that the initialiser checks.
    fileprivate static let apiKey = HTTPField.Name("X-API-Key")!
}
