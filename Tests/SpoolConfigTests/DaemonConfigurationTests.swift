import SpoolConfig
import SpoolCore
import Testing

@Suite struct DaemonConfigurationTests {
    /// The contract's table, key by key.
    @Test func `every default is the promised one`() {
        let expected = [
            ("spool.directory", "./spool"), ("spool.settle", "2s"), ("spool.rescan", "30s"),
            ("spool.duplicateWindow", "24h"), ("spool.minimumFree", "200MB"), ("spool.maximumRows", "5000000"),
            ("spool.maximumFile", "2GB"), ("spool.maximumField", "1MiB"), ("spool.fallbackEncoding", "null"),
            ("state.directory", "./.spoold"), ("state.keyFile", "null"), ("control.socket", "null"),
            ("timeZone", "UTC"),
            ("defaultCountryCode", "null"), ("transport", "whatsapp"), ("dryRun.devices", "[dev1]"),
            ("dryRun.answers", "[]"), ("dryRun.latency", "0s"), ("whatsapp.url", "wss://web.whatsapp.com/ws/chat"),
            ("whatsapp.rootKey", "null"), ("whatsapp.mediaScheme", "https"), ("whatsapp.appVersion", "null"),
            ("scheduler.profile", "standard"), ("scheduler.acceptRisk", "false"), ("scheduler.delay.minimum", "5s"),
            ("scheduler.delay.maximum", "20s"), ("scheduler.hourly", "100"), ("scheduler.daily", "1000"),
            ("scheduler.rest.after", "30"), ("scheduler.rest.for", "5m"), ("scheduler.cooldown.failures", "3"),
            ("scheduler.cooldown.for", "5m"), ("scheduler.cooldown.maximum", "1h"), ("scheduler.spreading", "true"),
            ("scheduler.reconnectRamp", "60s"), ("scheduler.humanSimulation", "true"), ("scheduler.warmUp", "true"),
            ("scheduler.coldDaily", "null"), ("scheduler.replyRatio.warnBelow", "null"),
            ("scheduler.replyRatio.holdBelow", "null"), ("scheduler.breaker.window", "20"),
            ("scheduler.breaker.leastDelivered", "40%"), ("scheduler.breaker.for", "30m"),
            ("scheduler.badList", "30%"), ("scheduler.sameText", "20"), ("scheduler.recipientGap", "60s"),
            ("scheduler.repeatWindow", "24h"), ("scheduler.unanswered.pause", "null"),
            ("scheduler.unanswered.monthly", "null"), ("scheduler.quietHours", "null"),
            ("scheduler.onUncertain", "resend"), ("http.listen", "127.0.0.1:8025"), ("http.metricsOpen", "false"),
            ("results.grace", "3s"), ("results.receiptsAfter", "null"), ("retry.first", "5m"),
            ("retry.maximum", "4000s"),
            ("retry.giveUpAfter", "24h"), ("alarm.command", "[]"), ("alarm.limit", "10s"), ("alarm.atMostEvery", "60s"),
            ("media.allowNetworks", "[]"), ("optOut.confirm", "false"), ("retention.accepted", "30d"),
            ("retention.rejected", "90d"), ("retention.results", "90d"), ("retention.bodies", "30d"),
            ("retention.attempts", "180d"), ("log.level", "info"),
        ]
        #expect(
            ConfigurationReference.entries.map { "\($0.key): \($0.defaultValue)" }
                == expected.map { "\($0.0): \($0.1)" })
    }

    @Test func `the control socket lies in the state directory unless it is named`() {
        var configuration = DaemonConfiguration()
        configuration.state.directory = "/var/lib/spoold"
        #expect(configuration.controlSocketPath == "/var/lib/spoold/control.sock")
        configuration.control.socket = "/run/spoold/control.sock"
        #expect(configuration.controlSocketPath == "/run/spoold/control.sock")
    }

    @Test(arguments: [
        ("923001234567", true, true), ("923001234568", false, true), ("447700900123", false, false),
        ("9230", false, true), ("92300123456", false, true),
    ])
    func `an answer matches an exact number or a beginning`(digits: String, isNumber: Bool, hasPrefix: Bool) {
        let recipient = Recipient.phone(digits)
        typealias Answer = DaemonConfiguration.DryRun.Answer
        #expect(Answer(target: .number("923001234567"), outcome: .temporary).matches(recipient) == isNumber)
        #expect(Answer(target: .prefix("9230"), outcome: .temporary).matches(recipient) == hasPrefix)
        #expect(!Answer(target: .prefix("9230"), outcome: .temporary).matches(.group("923001234567-1@g.us")))
    }
}
