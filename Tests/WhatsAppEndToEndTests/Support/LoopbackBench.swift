import CryptoPrimitives
import Foundation
import Logging
import NoiseProtocol
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator

/// A simulator that listens on the loopback, and devices that connect to it. The clocks of both stand still until a test
/// moves them.
struct LoopbackBench: Sendable {
    static let ann = "15550001111"
    static let bob = "15550002222"
    static let version = AppVersion(2, 3000, 1_000)

    let server: SimulatedServer
    let endpoint: SimulatedServer.Endpoint
    /// The server's.
    let clock: TestClock

    static func date(after offset: Duration) -> Date {
        Date(timeIntervalSince1970: 1_800_000_000 + offset / .seconds(1))
    }

    /// - Parameter complaints: what the server has answered to things it has complained of; nothing else may have
    ///   displeased it.
    static func run(
        _ scenario: Scenario = Scenario(), complaints: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation,
        _ test: @escaping @Sendable (LoopbackBench) async throws -> Void
    ) async throws {
        try await waiting(for: "a test on the loopback", upTo: .seconds(300)) {
            var configuration = SimulatedServer.Configuration(seed: 1)
            configuration.everyNumberHasAccount = true
            configuration.scenario = scenario
            let clock = TestClock()
            let server = try SimulatedServer(
                configuration, now: { Self.date(after: clock.now.offset) }, clock: clock,
                logger: Logger(label: "simulator", factory: { _ in SwiftLogNoOpLogHandler() }))
            try await SimulatedServer.withServer(server) { server, endpoint in
                try await test(LoopbackBench(server: server, endpoint: endpoint, clock: clock))
                let made = await server.complaints
                #expect(made.map(\.answer) == complaints, "\(made)", sourceLocation: sourceLocation)
            }
        }
    }

    /// A device on which nothing runs yet.
    /// - Parameters:
    ///   - store: of a device that was never linked when missing.
    ///   - root: the server's own when missing.
    func device(
        _ store: MemoryCredentials? = nil, trusting root: PublicKey? = nil, version: AppVersion = Self.version,
        sendsRoutingInfo: Bool = false, seed: UInt64 = 100
    ) throws -> TestDevice {
        try TestDevice(
            store ?? MemoryCredentials(seed: seed), at: self.endpoint,
            trusting: CertificateRoot(key: root ?? self.server.rootKey), version: version,
            sendsRoutingInfo: sendsRoutingInfo, seed: seed + 1)
    }

    /// The credentials of a device that was just linked and is not connected.
    func linked(to number: String = Self.ann, seed: UInt64 = 100) async throws -> Credentials {
        let device = try self.device(seed: seed)
        try await device.run { device in
            _ = try await self.server.scan(device.nextQRCode().text, as: number)
            _ = try await device.expectLinked()
            try await device.expect(.disconnected(.restartRequired, retryAfter: .zero), .connected, .drained)
        }
        return await device.store.credentials
    }

    /// Logs a linked device in, in a copy of its own of the credentials, and runs `body` when it is online.
    @discardableResult
    func online(
        _ credentials: Credentials, _ body: (TestDevice) async throws -> Void
    ) async throws -> SessionEnd {
        try await self.device(MemoryCredentials(credentials)).run { device in
            try await device.expect(.connected, .drained)
            try await body(device)
        }
    }

    func devices(of number: String = Self.ann) async -> [UInt16] {
        await self.server.state.accounts.first { $0.number == number }?.devices ?? [0]
    }
}
