import Logging
import ServiceLifecycle
import SpoolConfig
import SpoolDaemon
import UnixSignals

/// On SIGHUP, which a closing terminal or a log rotation sends too, the rules of sending are read anew; what was counted
/// stays. A configuration that is wrong is reported, and the old one stays.
struct ReloadService: Service {
    let daemon: Daemon
    /// As it is in force.
    let configuration: DaemonConfiguration
    let logger: Logger
    let load: @Sendable () throws -> DaemonConfiguration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var inForce = self.configuration
            for await _ in await UnixSignalsSequence(trapping: .sighup) { await self.reload(&inForce) }
        }
    }

    private func reload(_ inForce: inout DaemonConfiguration) async {
        let loaded: DaemonConfiguration
        do {
            loaded = try self.load()
        } catch {
            self.logger.error("SIGHUP: the configuration stays as it was: \(error)")
            return
        }
        await self.daemon.adopt(loaded.scheduler.policy)
        inForce.scheduler.policy = loaded.scheduler.policy
        inForce.scheduler.acceptRisk = loaded.scheduler.acceptRisk
        self.logger.notice("SIGHUP: the rules of sending were read anew")
        if loaded != inForce {
            self.logger.warning("SIGHUP: other settings have changed too; restart to apply them")
        }
    }
}
