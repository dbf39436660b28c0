import Foundation
import Logging
import NoiseProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator
import WhatsAppSocket

/// A session that runs beside the test, over a real socket, with a clock that the test moves.
final class TestDevice: TestSession {
    let store: MemoryCredentials
    let clock = TestClock()
    let session: WhatsAppSession
    private let handler = AcknowledgingHandler()
    private let events: AsyncStream<ClientEvent>

    init(
        _ store: MemoryCredentials, at endpoint: SimulatedServer.Endpoint, trusting root: CertificateRoot,
        version: AppVersion, sendsRoutingInfo: Bool, seed: UInt64
    ) throws {
        self.store = store
        let (events, continuation) = AsyncStream.makeStream(of: ClientEvent.self)
        self.events = events
        let clock = self.clock
        self.session = WhatsAppSession(
            configuration: SessionConfiguration(
                endpoint: PipeEndpoint(url: try #require(URL(string: endpoint.url))), root: root,
                profile: ClientProfile(appVersion: version), sendsRoutingInfo: sendsRoutingInfo),
            connector: WebSocketConnector(), store: store, handler: self.handler,
            time: SessionTime(clock: clock, date: { LoopbackBench.date(after: clock.now.offset) }),
            generator: SeededGenerator(seed: seed),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            onEvent: { continuation.yield($0) })
        self.handler.speak(through: self.session)
    }

    func nextEvent() async throws -> ClientEvent { try await self.next(of: self.events) }

    func nextStanza() async throws -> Node { try await self.next(of: self.handler.stanzas) }
}
