import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto

/// A session that runs beside the test, with a clock that the test moves and events that it takes one by one.
protocol TestSession: AnyObject, Sendable {
    var session: WhatsAppSession { get }
    var clock: TestClock { get }

    func nextEvent() async throws -> ClientEvent
}

extension TestSession {
    /// Runs the session while `body` uses it, then stops it if it has not ended.
    @discardableResult
    func run(_ body: (Self) async throws -> Void) async throws -> SessionEnd {
        async let end = self.session.run()
        do {
            try await body(self)
        } catch {
            await self.session.stop()
            _ = await end
            throw error
        }
        await self.session.stop()
        return await end
    }

    func next<Element: Sendable>(of stream: AsyncStream<Element>) async throws -> Element {
        try await waiting(for: "something that the session tells") {
            for await element in stream { return element }
            throw CancellationError()
        }
    }

    /// Lets this much time pass once the session waits for something.
    func pass(_ duration: Duration) async {
        await self.clock.sleepers(atLeast: 1)
        self.clock.advance(by: duration)
    }

    /// Returns when the server has worked through everything that was sent before.
    func settle() async throws {
        _ = try await self.session.query(.iq("get", xmlns: "w:p"))
    }
}

// What is expected of the session, one event after the other.
extension TestSession {
    func expect(_ expected: ClientEvent..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for event in expected {
            let actual = try await self.nextEvent()
            #expect(actual == event, "\(actual)", sourceLocation: sourceLocation)
        }
    }

    /// The connection ends for this reason (for any of its own if a pipe's is expected); after the delay there is another
    /// one, which becomes active.
    func expectRetry(
        _ reason: DisconnectReason, after seconds: ClosedRange<Double> = 0.9...1.1,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let event = try await self.nextEvent()
        guard case .disconnected(let actual, let delay) = event else { throw UnexpectedEvent(event: event) }
        // A connection that is cut is noticed by whoever reads or writes first.
        let isCut = if case (.pipe, .pipe) = (actual, reason) { true } else { false }
        #expect(isCut || actual == reason, sourceLocation: sourceLocation)
        #expect(seconds.contains(delay / .seconds(1)), sourceLocation: sourceLocation)
        if delay > .zero { self.clock.advance(by: delay) }
        try await self.expect(.connected, .drained, sourceLocation: sourceLocation)
    }

    func nextQRCode(
        validFor expected: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> PairingQRCode {
        let event = try await self.nextEvent()
        guard case .pairing(.qrCode(let code, let duration)) = event else { throw UnexpectedEvent(event: event) }
        #expect(duration == expected, sourceLocation: sourceLocation)
        return code
    }

    func expectLinked(
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> LinkedAccount {
        let event = try await self.nextEvent()
        guard case .pairing(.linked(let account)) = event else { throw UnexpectedEvent(event: event) }
        return account
    }
}

struct UnexpectedEvent: Error {
    let event: ClientEvent
}
