import CryptoPrimitives
import Foundation
import Logging
import NoiseProtocol
import SpoolCore
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSimulator
import WhatsAppSocket

@testable import WhatsAppTransport

/// A simulator on the loopback, and a transport that runs. The clocks of both stand still until a test moves them.
struct TransportBench: Sendable {
    static let ann = "15550001111"
    static let bob = "15550002222"
    static let eve = "15550003333"
    static let first = DeviceID(rawValue: "first")
    static let second = DeviceID(rawValue: "second")
    static let version = AppVersion(2, 3000, 1_000)

    let server: SimulatedServer
    let endpoint: SimulatedServer.Endpoint
    let registry: any DeviceRegistry
    let transport: WhatsAppTransport
    let news: News
    /// The transport's.
    let clock: TestClock
    let serverClock: TestClock

    static func date(_ clock: TestClock) -> Date {
        Date(timeIntervalSince1970: 1_800_000_000 + clock.now.offset / .seconds(1))
    }

    /// - Parameter complaints: what the server has answered to things it has complained of; nothing else may have
    ///   displeased it.
    static func run(
        _ scenario: Scenario = Scenario(), registry: any DeviceRegistry = MemoryDeviceRegistry(),
        complaints: [String] = [], sourceLocation: SourceLocation = #_sourceLocation,
        _ test: @escaping @Sendable (TransportBench) async throws -> Void
    ) async throws {
        try await waiting(for: "a test on the loopback", upTo: .seconds(100)) {
            var configuration = SimulatedServer.Configuration(seed: 1)
            configuration.everyNumberHasAccount = true
            configuration.scenario = scenario
            let serverClock = TestClock()
            let server = try SimulatedServer(
                configuration, now: { Self.date(serverClock) }, clock: serverClock, logger: .silent)
            try await SimulatedServer.withServer(server) { server, endpoint in
                let bench = try await TransportBench(server, endpoint, serverClock, registry)
                try await bench.running { try await test(bench) }
                let made = await server.complaints
                #expect(made.map(\.answer) == complaints, "\(made)", sourceLocation: sourceLocation)
            }
        }
    }

    private init(
        _ server: SimulatedServer, _ endpoint: SimulatedServer.Endpoint, _ serverClock: TestClock,
        _ registry: any DeviceRegistry
    ) async throws {
        self.server = server
        self.endpoint = endpoint
        self.registry = registry
        self.news = News()
        self.clock = TestClock()
        self.serverClock = serverClock
        self.transport = try await Self.transport(
            to: endpoint.url, root: server.rootKey, clock: self.clock, registry: registry)
    }

    static func transport(
        to url: String, root: PublicKey, clock: TestClock, registry: any DeviceRegistry, seed: UInt64 = 7
    ) async throws -> WhatsAppTransport {
        var policy = MessagePolicy()
        // As usual, but with less keys to make.
        policy.firstPreKeyCount = 20
        return try await WhatsAppTransport(
            registry: registry, connector: WebSocketConnector(),
            uploader: MediaFileUploader(scheme: .http, temporaryDirectory: "/tmp"),
            configuration: SessionConfiguration(
                endpoint: PipeEndpoint(url: try #require(URL(string: url))), root: CertificateRoot(key: root),
                profile: ClientProfile(appVersion: Self.version)),
            policy: policy, time: SessionTime(clock: clock, date: { Self.date(clock) }),
            generator: SeededGenerator(seed: seed), logger: .silent)
    }

    /// Runs the transport while `body` uses it.
    private func running(_ body: @Sendable () async throws -> Void) async throws {
        let (transport, news) = (self.transport, self.news)
        let run = Task { await transport.run { try await news.hear($0) } }
        do {
            try await body()
        } catch {
            await self.end(run)
            throw error
        }
        await self.end(run)
    }

    private func end(_ run: Task<Void, Never>) async {
        self.news.release()
        run.cancel()
        await run.value
    }
}

// What people do.
extension TransportBench {
    /// Links a device by QR code, and waits until it is online.
    @discardableResult
    func link(_ device: DeviceID = Self.first, to number: String = Self.ann) async throws -> TransportDevice {
        let linking = LinkingDesk(self.transport, device)
        _ = try await self.server.scan(linking.qrCode(), as: number)
        _ = try await linking.result()
        return try await self.news.status(.connected, of: device)
    }

    /// Lets this much time pass once something waits for it.
    func pass(_ duration: Duration) async {
        await self.clock.sleepers(atLeast: 1)
        self.clock.advance(by: duration)
    }

    func message(
        to number: String = Self.bob, _ text: String = "hello", by device: DeviceID = Self.first
    ) -> OutgoingMessage {
        self.message(to: .phone(number), text, by: device)
    }

    func message(to recipient: Recipient, _ text: String, by device: DeviceID = Self.first) -> OutgoingMessage {
        OutgoingMessage(
            queueID: QueueID(rawValue: 1), wireID: self.transport.makeMessageID(for: device), device: device,
            recipient: recipient, text: text, attempt: 1)
    }

    func send(to number: String = Self.bob, _ text: String = "hello", by device: DeviceID = Self.first) async
        -> SendResult
    {
        await self.transport.send([self.message(to: number, text, by: device)])[0]
    }

    func names() async throws -> [String] { try await self.registry.names() }

    func companions(of number: String = Self.ann) async -> [UInt16] {
        await self.server.state.accounts.first { $0.number == number }?.devices.filter { $0 != 0 } ?? []
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

extension MessageRefusal {
    /// What a test calls it.
    fileprivate var word: String {
        switch self {
        case .reachOut: "REACHOUT_TIMELOCK"
        case .newChatCap: "NEW_CHAT_CAP"
        case .staleDevices: "STALE_DEVICES"
        case .permanent: "REJECTED"
        case .temporary: "SERVER_REFUSED"
        }
    }
}

extension SendResult {
    var isSent: Bool {
        if case .success = self { true } else { false }
    }

    /// The code of a failure that is tried again, or for good.
    var code: String? {
        switch self {
        case .failure(.temporary(let code, _)): code
        case .failure(.permanent(let code, _)): code.rawValue
        case .failure(.refused(let refusal, _)): refusal.word
        case .success, .failure(.sessionLost), .failure(.outcomeUnknown): nil
        }
    }

    var isSessionLost: Bool {
        if case .failure(.sessionLost) = self { true } else { false }
    }

    var isUnknown: Bool {
        if case .failure(.outcomeUnknown) = self { true } else { false }
    }
}

// How it is inside.
extension TransportBench {
    /// The session of a device, linked or not yet.
    func session(_ device: DeviceID = Self.first) async throws -> WhatsAppSession {
        let (linked, linking) = (await self.transport.pool.devices[device], await self.transport.pool.linking[device])
        return try #require(await (linking ?? linked)?.live?.session)
    }

    /// Returns when the server has worked through everything that was sent before.
    func settle(_ device: DeviceID = Self.first) async throws {
        _ = try await self.session(device).query(.iq("get", xmlns: "w:p"))
    }
}
