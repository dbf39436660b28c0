import Foundation
import Logging
import SpoolConfig
import SpoolCore
import SpoolDaemon
import SpoolFiles
import SpoolMedia
import SpoolQueue
import SpoolScheduler

extension Daemon.Configuration {
    /// Hands each part what it needs of the configuration.
    init(_ configuration: DaemonConfiguration, version: String) {
        let spool = configuration.spool
        let scheduler = configuration.scheduler
        self.init(
            spool: spool.directory, state: configuration.state.directory,
            controlSocket: configuration.controlSocketPath,
            settle: spool.settle, rescan: spool.rescan, duplicateWindow: spool.duplicateWindow,
            minimumFree: spool.minimumFree?.bytes, rules: ReadingRules(configuration),
            policy: scheduler.policy,
            backOff: BackOff(
                first: configuration.retry.first, maximum: configuration.retry.maximum,
                giveUpAfter: configuration.retry.giveUpAfter),
            onUncertain: UncertainPolicy(scheduler.onUncertain), grace: configuration.results.grace,
            listenHost: configuration.http.listen.host, listenPort: configuration.http.listen.port, version: version,
            // A checked network has bytes of one of the two families, and a prefix that fits.
            allowNetworks: configuration.media.allowNetworks.compactMap {
                NetworkRange(bytes: $0.address.bytes, prefixLength: $0.prefixLength)
            })
        self.alarm = AlarmCommand(configuration.alarm.command, limit: configuration.alarm.limit)
        self.alarmAtMostEvery = configuration.alarm.atMostEvery
        self.confirmsOptOut = configuration.optOut.confirm
    }
}

extension ReadingRules {
    init(_ configuration: DaemonConfiguration) {
        self.init(
            defaultCountryCode: configuration.defaultCountryCode, timeZone: configuration.timeZone.timeZone,
            maximumFile: configuration.spool.maximumFile?.bytes ?? .max,
            maximumRows: configuration.spool.maximumRows ?? .max,
            maximumField: Int(configuration.spool.maximumField?.bytes ?? 1 << 40))
    }
}

extension UncertainPolicy {
    init(_ policy: DaemonConfiguration.Scheduler.OnUncertain) {
        switch policy {
        case .resend: self = .resend
        case .hold: self = .hold
        case .fail: self = .fail
        }
    }
}

extension DryRunTransport {
    convenience init(_ configuration: DaemonConfiguration.DryRun, chance: Chance) {
        self.init(
            devices: configuration.devices,
            answers: configuration.answers.map { answer in
                Answer(error: TransportError(answer.outcome), times: answer.times) { answer.matches($0) }
            },
            latency: configuration.latency, clock: ContinuousClock(), wallClock: SystemWallClock(), chance: chance)
    }
}

extension TransportError {
    /// The error that a dry run's configuration asks for.
    fileprivate init(_ outcome: DaemonConfiguration.DryRun.Answer.Outcome) {
        switch outcome {
        case .temporary: self = .temporary(code: "DRY_RUN", detail: "dry run: told to answer with a temporary error")
        case .permanent(let code): self = .permanent(code, detail: "Dry run: told to answer with a permanent error")
        case .sessionLost: self = .sessionLost(detail: "dry run: told to lose its session")
        case .unknown: self = .outcomeUnknown(detail: "dry run: told not to answer")
        }
    }
}

extension Logger.Level {
    init(_ level: DaemonConfiguration.Log.Level) {
        self = Logger.Level(rawValue: level.rawValue) ?? .info
    }
}
