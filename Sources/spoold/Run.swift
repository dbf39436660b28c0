import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SpoolConfig
import SpoolCore
import SpoolDaemon
import SpoolFiles
import UnixSignals
import WhatsAppClient
import WhatsAppSimulator

/// `spoold run`: the daemon in the foreground.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run in the foreground until SIGTERM or SIGINT; logs go to standard error.")

    @Option(help: "The configuration file; otherwise ./spoold.yaml, then /etc/spoold/spoold.yaml.")
    var config: String?

    @Option(help: "The spool directory, in place of the configured one.")
    var spool: String?

    @Option(help: "The state directory, in place of the configured one.")
    var state: String?

    @Flag(help: "Send nothing: keep all pacing and states, and mark every message sent.")
    var dryRun = false

    @Flag(help: "Send to a simulator in this process in place of WhatsApp, by two devices that it links.")
    var simulate = false

    @Option(help: "With --simulate: a JSON file with the simulator's accounts and faults.")
    var script: String?

    func validate() throws {
        guard !self.dryRun || !self.simulate else {
            throw ValidationError("--dry-run and --simulate exclude each other")
        }
        guard self.script == nil || self.simulate else { throw ValidationError("--script goes with --simulate only") }
    }

    func run() async throws {
        var configuration = try self.load()
        var logger = Logger(label: "spoold", factory: LineLogHandler.init)
        logger.logLevel = Logger.Level(configuration.log.level)
        try self.checkSupport(configuration)
        if self.simulate {
            configuration.shortenPacing()
            try await self.simulate(configuration, logger)
        } else {
            try await self.serve(configuration, logger)
        }
        logger.notice("stopped")
    }

    private func simulate(_ configuration: DaemonConfiguration, _ logger: Logger) async throws {
        let scenario = try self.script.map { try Scenario(readingFrom: $0) } ?? Scenario()
        let wiring = try Self.stateUse { try WhatsAppWiring(configuration, for: .simulator, logger: logger) }
        try await Simulation(scenario: scenario, logger: logger).run { simulator in
            let session = try simulator.session(configuration.whatsApp)
            try await simulator.linkDevices(wiring, session)
            let transport = try await wiring.transport(session, receiptGrace: Simulation.receiptGrace)
            try await self.serve(
                configuration, transport, administration: transport, "simulator: nothing leaves this machine", logger
            ) { StandardOutput.write(simulator.address.json) }
        }
    }

    private func serve(_ configuration: DaemonConfiguration, _ logger: Logger) async throws {
        switch configuration.transport {
        case .dryRun:
            try Self.stateUse { try StateUse.network.claim(configuration.state.directory) }
            let transport = DryRunTransport(configuration.dryRun, chance: Chance())
            try await self.serve(configuration, transport, administration: nil, "dry run: nothing is sent", logger)
        case .whatsApp:
            let session = try SessionConfiguration(configuration.whatsApp)
            let wiring = try Self.stateUse { try WhatsAppWiring(configuration, for: .network, logger: logger) }
            let transport = try await wiring.transport(
                session, receiptGrace: configuration.whatsApp.url.isLoopback ? Simulation.receiptGrace : .seconds(60))
            try await self.serve(
                configuration, transport, administration: transport, "server \(configuration.whatsApp.url)", logger)
        }
    }

    private static func stateUse<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as StateUseError {
            throw Failure(.configuration, error.description)
        }
    }

    private func serve(
        _ configuration: DaemonConfiguration, _ transport: any MessageTransport,
        administration: (any DeviceAdministration)?, _ what: String, _ logger: Logger,
        onReady: () -> Void = {}
    ) async throws {
        do {
            let daemon = try await Daemon(
                Daemon.Configuration(configuration, version: Spoold.version), transport: transport,
                administration: administration, chance: Chance(), clock: ContinuousClock(),
                wallClock: SystemWallClock(), logger: logger)
            if !configuration.http.listen.isLoopback {
                logger.warning("http.listen \(configuration.http.listen) is not loopback: put a TLS proxy before it")
            }
            logger.notice("spoold \(Spoold.version) \(what); spool \(configuration.spool.directory)")
            onReady()
            let reload = ReloadService(daemon: daemon, configuration: configuration, logger: logger) {
                var configuration = try self.load()
                if self.simulate { configuration.shortenPacing() }
                return configuration
            }
            try await Self.serve(daemon, reload, logger)
        } catch let error as IntakeError {
            if case .locked = error { throw Failure(.tryLater, "\(error)") }
            throw Failure(.internal, "\(error)")
        } catch let error as Failure {
            throw error
        } catch {
            guard "\(error)".contains("errno: \(EADDRINUSE)") else { throw Failure(.internal, "\(error)") }
            throw Failure(.configuration, "http.listen \(configuration.http.listen) is in use by another program")
        }
    }

    private func load() throws -> DaemonConfiguration {
        var overrides: [ConfigurationOverride] = []
        if let spool = self.spool { overrides.append(.init(key: "spool.directory", value: spool, option: "--spool")) }
        if let state = self.state { overrides.append(.init(key: "state.directory", value: state, option: "--state")) }
        if self.dryRun { overrides.append(.init(key: "transport", value: "dry-run", option: "--dry-run")) }
        if self.simulate {
            // Only a server on this machine is reached, so looser limits are no risk; the port is the simulator's own.
            overrides.append(.init(key: "transport", value: "whatsapp", option: "--simulate"))
            overrides.append(.init(key: "whatsapp.url", value: "ws://127.0.0.1/ws/chat", option: "--simulate"))
            overrides.append(.init(key: "whatsapp.mediaScheme", value: "http", option: "--simulate"))
        }
        do {
            return try ConfigurationLoader.load(
                explicitPath: self.config, environment: ProcessInfo.processInfo.environment,
                currentDirectory: FileManager.default.currentDirectoryPath, overrides: overrides
            ).configuration
        } catch {
            throw Failure(.configuration, "\(error)")
        }
    }

    /// Refuses what is configured but would silently not happen.
    private func checkSupport(_ configuration: DaemonConfiguration) throws {
        if let encoding = configuration.spool.fallbackEncoding {
            throw Failure(.configuration, "spool.fallbackEncoding: \(encoding) is not in this version; leave it null")
        }
        if configuration.results.receiptsAfter != nil {
            throw Failure(.configuration, "results.receiptsAfter is not in this version; leave it null")
        }
    }

    private static func serve(_ daemon: Daemon, _ reload: ReloadService, _ logger: Logger) async throws {
        var group = ServiceGroupConfiguration(
            services: daemon.services + [reload], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger.lowered)
        group.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: group).run()
    }
}

extension Logger {
    /// For a library whose `info` is our `debug`.
    fileprivate var lowered: Logger {
        var logger = self
        logger.logLevel = max(self.logLevel, .warning)
        return logger
    }
}

/// The end of the program with one of the contract's exit codes and one line on standard error.
struct Failure: Error, CustomStringConvertible {
    enum Code: Int32 {
        case `internal` = 70
        case tryLater = 75
        case configuration = 78
    }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
