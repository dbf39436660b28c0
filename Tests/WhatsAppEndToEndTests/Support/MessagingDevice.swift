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

/// A device that sends and receives messages, with a store in memory.
final class MessagingDevice: TestSession {
    let clock = TestClock()
    let session: WhatsAppSession
    let messenger: Messenger
    private let events: AsyncStream<ClientEvent>

    init(_ bench: LoopbackBench, seed: UInt64 = 500) throws {
        var generator = SeededGenerator(seed: seed)
        let store = MemoryDeviceStore(LinkedDevice(keys: try DeviceKeys(using: &generator)))
        let (events, continuation) = AsyncStream.makeStream(of: ClientEvent.self)
        self.events = events
        let clock = self.clock
        let time = SessionTime(clock: clock, date: { LoopbackBench.date(after: clock.now.offset) })
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var policy = MessagePolicy()
        // Each of them costs a key pair.
        policy.firstPreKeyCount = 10
        self.messenger = Messenger(
            store: store, uploader: MediaFileUploader(scheme: .http, temporaryDirectory: "/tmp"), policy: policy,
            time: time, generator: SeededGenerator(seed: seed + 1), logger: logger, onEvent: { continuation.yield($0) },
            onMessage: { _ in })
        self.session = WhatsAppSession(
            configuration: SessionConfiguration(
                endpoint: PipeEndpoint(url: try #require(URL(string: bench.endpoint.url))),
                root: CertificateRoot(key: bench.server.rootKey),
                profile: ClientProfile(appVersion: LoopbackBench.version)),
            connector: WebSocketConnector(), store: StoredCredentials(store), handler: self.messenger, time: time,
            generator: SeededGenerator(seed: seed + 2), logger: logger, onEvent: { continuation.yield($0) })
    }

    /// Links a device to Ann's account, and runs `body` when it is online.
    static func online(_ bench: LoopbackBench, _ body: (MessagingDevice) async throws -> Void) async throws {
        let device = try MessagingDevice(bench)
        await device.messenger.attach(device.session)
        try await device.run { device in
            _ = try await bench.server.scan(device.nextQRCode().text, as: LoopbackBench.ann)
            _ = try await device.expectLinked()
            try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
            try await body(device)
        }
        await device.messenger.attach(nil)
    }

    func nextEvent() async throws -> ClientEvent { try await self.next(of: self.events) }

    /// The account of a number, as the server tells.
    func account(of number: String) async throws -> JID {
        try #require(try await self.messenger.lookUp([number])[number]?.account)
    }

    /// Sends a text whose content is its id.
    func send(_ id: String, to account: JID) async -> SendOutcome {
        await self.messenger.send(OutgoingText(id: id, recipient: account, text: id))
    }
}
