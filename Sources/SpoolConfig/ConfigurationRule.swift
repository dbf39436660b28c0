import SpoolScheduler

/// A condition over several keys, checked when every source has been read.
struct ConfigurationRule: Sendable {
    /// The keys it speaks about, the one to change first.
    let keys: [String]
    /// What is wrong; `nil` when nothing is.
    let complaint: @Sendable (DaemonConfiguration) -> String?

    static let all: [ConfigurationRule] = [
        .init(keys: ["scheduler.delay.minimum", "scheduler.delay.maximum"]) { configuration in
            let pacing = configuration.scheduler.policy.pacing
            guard pacing.minimumDelay > pacing.maximumDelay else { return nil }
            return "\(Self.text(pacing.minimumDelay)) is above scheduler.delay.maximum, "
                + Self.text(pacing.maximumDelay)
        },
        .init(keys: ["scheduler.cooldown.for", "scheduler.cooldown.maximum"]) { configuration in
            let cooldown = configuration.scheduler.policy.cooldown
            guard let maximum = cooldown.maximum, cooldown.first > maximum else { return nil }
            return "\(Self.text(cooldown.first)) is above scheduler.cooldown.maximum, \(Self.text(maximum))"
        },
        .init(keys: ["retry.first", "retry.maximum"]) { configuration in
            let retry = configuration.retry
            guard let maximum = retry.maximum, retry.first > maximum else { return nil }
            return "\(Self.text(retry.first)) is above retry.maximum, \(Self.text(maximum))"
        },
        .init(keys: ["whatsapp.mediaScheme", "whatsapp.url"]) { configuration in
            guard configuration.whatsApp.mediaScheme == .http, !configuration.whatsApp.url.isLoopback else {
                return nil
            }
            return "http is for a server on this machine only; whatsapp.url is \(configuration.whatsApp.url)"
        },
        .init(keys: ["state.directory", "spool.directory"]) { configuration in
            let spool = configuration.spool.directory
            let state = configuration.state.directory
            guard state == spool || state.hasPrefix(spool.hasSuffix("/") ? spool : spool + "/") else { return nil }
            return "must not be the spool directory nor inside it, which others can write to"
        },
    ]

    /// The keys whose values need `scheduler.acceptRisk` and do not have it.
    static func risks(in configuration: DaemonConfiguration) -> [ConfigurationKey] {
        guard !configuration.scheduler.acceptRisk, configuration.transport == .whatsApp,
            !configuration.whatsApp.url.isLoopback
        else { return [] }
        let looser = Set(configuration.scheduler.policy.looserLimits.map(\.key))
        return ConfigurationKey.all.filter { looser.contains($0.name) }
    }

    private static func text(_ duration: Duration) -> String { DurationNotation.text(duration) }
}
