import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import SpoolConfig
import SpoolCore
import SpoolDaemon
import SpoolFiles
import UnixSignals

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

    func run() async throws {
        let configuration = try self.load()
        var logger = Logger(label: "spoold", factory: LineLogHandler.init)
        logger.logLevel = Logger.Level(configuration.log.level)
        guard configuration.transport == .dryRun else {
            throw Failure(
                .configuration, "transport: whatsapp is not in this version; use --dry-run or set transport: dry-run")
        }
        try self.checkSupport(configuration)
        let chance = Chance()
        let transport = DryRunTransport(configuration.dryRun, chance: chance)
        do {
            let daemon = try await Daemon(
                Daemon.Configuration(configuration, version: Spoold.version), transport: transport, chance: chance,
                clock: ContinuousClock(), wallClock: SystemWallClock(), logger: logger)
            if !configuration.http.listen.isLoopback {
                logger.warning("http.listen \(configuration.http.listen) is not loopback: put a TLS proxy before it")
            }
            logger.notice("spoold \(Spoold.version) dry run: nothing is sent; spool \(configuration.spool.directory)")
            try await Self.serve(daemon, logger)
        } catch let error as IntakeError {
            if case .locked = error { throw Failure(.tryLater, "\(error)") }
            throw Failure(.internal, "\(error)")
        } catch let error as Failure {
            throw error
        } catch {
            guard "\(error)".contains("errno: \(EADDRINUSE)") else { throw Failure(.internal, "\(error)") }
            throw Failure(.configuration, "http.listen \(configuration.http.listen) is in use by another program")
        }
        logger.notice("stopped")
    }

    private func load() throws -> DaemonConfiguration {
        var overrides: [ConfigurationOverride] = []
        if let spool = self.spool { overrides.append(.init(key: "spool.directory", value: spool, option: "--spool")) }
        if let state = self.state { overrides.append(.init(key: "state.directory", value: state, option: "--state")) }
        if self.dryRun { overrides.append(.init(key: "transport", value: "dry-run", option: "--dry-run")) }
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

    private static func serve(_ daemon: Daemon, _ logger: Logger) async throws {
        var group = ServiceGroupConfiguration(
            services: daemon.services + [HangUpService(logger: logger)], gracefulShutdownSignals: [.sigterm, .sigint],
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

/// Survives SIGHUP, which a closing terminal or a log rotation sends.
private struct HangUpService: Service {
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                self.logger.warning("SIGHUP: the configuration is not reloaded in this version; restart to apply it")
            }
        }
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
