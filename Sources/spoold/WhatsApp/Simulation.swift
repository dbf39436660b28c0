import Foundation
import Logging
import SpoolConfig
import SpoolCore
import SpoolScheduler
import WhatsAppClient
import WhatsAppSimulator
import WhatsAppStore
import WhatsAppTransport

/// What `spoold run --simulate` adds: a simulator in the same process, and devices that its phones have linked.
struct Simulation: Sendable {
    let scenario: Scenario
    let logger: Logger

    /// A server on this machine hands over what waited at once.
    static let receiptGrace = Duration.seconds(2)

    /// The devices of a new state directory.
    static let deviceNames = ["sim-1", "sim-2"].map { DeviceID(rawValue: $0) }

    /// Runs a simulator while `body` works with it. Every number has an account, but for those that the script names.
    func run(_ body: @escaping @Sendable (RunningSimulator) async throws -> Void) async throws {
        var configuration = SimulatedServer.Configuration(seed: UInt64.random(in: 0 ... .max))
        configuration.controlPort = 0
        configuration.everyNumberHasAccount = true
        configuration.scenario = self.scenario
        var logger = self.logger
        logger[metadataKey: "part"] = "simulator"
        logger.logLevel = max(logger.logLevel, .notice)
        let server = try SimulatedServer(configuration, now: { Date() }, logger: logger)
        try await SimulatedServer.withServer(server) { server, endpoint in
            try await body(RunningSimulator(server: server, endpoint: endpoint))
        }
    }
}

/// A simulator that takes connections.
struct RunningSimulator: Sendable {
    let server: SimulatedServer
    let endpoint: SimulatedServer.Endpoint

    var address: SimulatorAddress { SimulatorAddress(self.server, self.endpoint) }

    /// How a device reaches it.
    func session(_ configuration: DaemonConfiguration.WhatsApp) throws -> SessionConfiguration {
        guard let url = URL(string: self.endpoint.url) else {
            throw Failure(.internal, "the simulator's address \(self.endpoint.url) is none")
        }
        return try SessionConfiguration(
            url: url, rootKey: self.server.rootKeyHex, appVersion: configuration.appVersion)
    }

    /// Links the devices anew: a simulator knows none of an earlier run. They keep their names, so what waits for one of
    /// them goes on.
    func linkDevices(_ wiring: WhatsAppWiring, _ session: SessionConfiguration) async throws {
        var names = try await wiring.devices.deviceNames().map { DeviceID(rawValue: $0) }
        for name in names { try await wiring.devices.removeDevice(name.rawValue) }
        names += Simulation.deviceNames.filter { !names.contains($0) }
        var quiet = wiring.logger
        // That these sessions end is no news.
        quiet.logLevel = max(quiet.logLevel, .warning)
        let transport = try await wiring.transport(session, receiptGrace: Simulation.receiptGrace, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await transport.run { _ in } }
            for (index, name) in names.enumerated() {
                try await self.link(name, as: "1555010\(1000 + index)", transport)
            }
            group.cancelAll()
        }
    }

    private func link(_ name: DeviceID, as number: String, _ transport: WhatsAppTransport) async throws {
        await self.server.addAccount(AccountScript(number: number))
        let (codes, shown) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Beside the linking: a phone is ready only when the device has answered it.
            group.addTask {
                for await code in codes { _ = try await self.server.scan(code, as: number) }
            }
            group.addTask {
                defer { shown.finish() }
                _ = try await transport.link(name, phone: nil) { step in
                    if case .qrCode(let text, _) = step { shown.yield(text) }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension DaemonConfiguration {
    /// A rehearsal does not have to wait: no limits, and short pauses only.
    mutating func shortenPacing() {
        var policy = self.scheduler.policy
        policy.pacing.minimumDelay = min(policy.pacing.minimumDelay, .milliseconds(20))
        policy.pacing.maximumDelay = min(policy.pacing.maximumDelay, .milliseconds(100))
        policy.pacing.hourly = nil
        policy.pacing.daily = nil
        policy.pacing.restAfter = nil
        policy.cooldown.first = min(policy.cooldown.first, .seconds(1))
        policy.cooldown.maximum = min(policy.cooldown.maximum ?? .seconds(5), .seconds(5))
        policy.spreading = false
        policy.warmUp = false
        policy.breaker.window = nil
        policy.reconnectRamp = .zero
        policy.humanSimulation = false
        policy.recipient.gap = .zero
        self.scheduler.policy = policy
    }
}
