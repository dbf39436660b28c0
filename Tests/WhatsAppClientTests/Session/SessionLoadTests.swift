import SpoolTestSupport
import Synchronization
import Testing

@testable import WhatsAppClient

/// What becomes of a session whose device cannot be loaded.
@Suite struct SessionLoadTests {
    private struct Gone: CredentialStoreError {
        var isLasting: Bool
    }

    /// Logs in, then breaks the store and the connection, and waits for the next one's turn.
    private static func reconnect(_ bench: SessionBench, after failure: any Error) async throws {
        let server = try await bench.acceptLogin()
        await bench.store.fail(with: failure)
        await server.pipe.fail(.network(reason: "cable"))
        guard case .disconnected(.pipe(.network), let delay) = try await bench.nextEvent() else {
            throw Unexpected("not told")
        }
        await bench.pass(delay)
    }

    @Test func `a device that cannot be loaded for a while comes back when it can`() async throws {
        let bench = try SessionBench()
        let end = try await bench.run { bench in
            try await Self.reconnect(bench, after: Unexpected("disk full"))
            for _ in 0..<3 {
                guard
                    case .disconnected(.pipe(.notTried(reason: "disk full")), let delay) = try await bench.nextEvent()
                else { throw Unexpected("not told") }
                #expect(delay > .zero)
                await bench.pass(delay)
            }
            guard case .disconnected(_, let delay) = try await bench.nextEvent() else { throw Unexpected("not told") }
            await bench.store.fail(with: nil)
            await bench.pass(delay)
            _ = try await bench.acceptLogin()
        }
        #expect(end == .stopped)
        #expect(bench.connector.attempts.withLock { $0 } == 2)
    }

    @Test(arguments: [true, false])
    func `a store that says that waiting does not help ends the session`(isLasting: Bool) async throws {
        let bench = try SessionBench()
        let failure = Gone(isLasting: isLasting)
        let end = try await bench.run { bench in
            try await Self.reconnect(bench, after: failure)
            _ = try await bench.nextEvent()
        }
        #expect(end == (isLasting ? .storeFailed("\(failure)") : .stopped))
    }
}
