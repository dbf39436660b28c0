import Testing

@testable import SpoolConfig

/// Another value for one key than its default, as it is typed and as it is shown.
struct OtherValue: Sendable, CustomTestStringConvertible {
    var key: String
    var typed: String
    var shown: String

    init(_ key: String, _ typed: String, shown: String? = nil) {
        self.key = key
        self.typed = typed
        self.shown = shown ?? typed
    }

    var testDescription: String { self.key }

    /// The file that sets it, and the line on which it does.
    var file: (text: String, line: Int) {
        let path = self.key.split(separator: ".")
        var lines: [String] = []
        for (depth, part) in path.enumerated() {
            lines.append(String(repeating: "  ", count: depth) + part + ":")
        }
        lines[lines.count - 1] += " " + self.typed
        return (lines.joined(separator: "\n") + "\n", lines.count)
    }

    static let all: [OtherValue] = [
        .init("spool.directory", "/srv/spool"), .init("spool.settle", "500ms"),
        .init("spool.rescan", "1m", shown: "60s"),
        .init("spool.duplicateWindow", "0", shown: "null"), .init("spool.minimumFree", "1GiB"),
        .init("spool.maximumRows", "10"), .init("spool.maximumFile", "null"), .init("spool.maximumField", "64KiB"),
        .init("spool.fallbackEncoding", "windows-1252"), .init("state.directory", "/srv/state"),
        .init("state.keyFile", "/srv/key"), .init("control.socket", "/run/c.sock"), .init("timeZone", "Asia/Karachi"),
        .init("defaultCountryCode", "92", shown: "\"92\""), .init("transport", "dry-run"),
        .init("dryRun.devices", "[a, b]"),
        .init(
            "dryRun.answers",
            "[{number: 923001234567, answer: permanent, code: EXPIRED, times: 3}, {prefix: 92, answer: unknown}]",
            shown: "[{number: \"923001234567\", answer: permanent, code: EXPIRED, times: 3},"
                + " {prefix: \"92\", answer: unknown}]"
        ),
        .init("dryRun.latency", "20ms"), .init("whatsapp.url", "ws://127.0.0.1:5222/ws"),
        .init("whatsapp.rootKey", String(repeating: "aB", count: 32)),
        .init("whatsapp.mediaScheme", "http"), .init("whatsapp.appVersion", "2.3000.5"),
        .init("scheduler.profile", "careful"), .init("scheduler.acceptRisk", "true"),
        .init("scheduler.delay.minimum", "6s"), .init("scheduler.delay.maximum", "30s"),
        .init("scheduler.hourly", "99"),
        .init("scheduler.daily", "999"), .init("scheduler.rest.after", "29"), .init("scheduler.rest.for", "10m"),
        .init("scheduler.cooldown.failures", "2"), .init("scheduler.cooldown.for", "301s"),
        .init("scheduler.cooldown.maximum", "0", shown: "null"), .init("scheduler.spreading", "false"),
        .init("scheduler.reconnectRamp", "2m"), .init("scheduler.humanSimulation", "false"),
        .init("scheduler.warmUp", "false"), .init("scheduler.coldDaily", "200"),
        .init("scheduler.replyRatio.warnBelow", "0.05", shown: "5%"), .init("scheduler.replyRatio.holdBelow", "1.5%"),
        .init("scheduler.breaker.window", "30"), .init("scheduler.breaker.leastDelivered", "50%"),
        .init("scheduler.breaker.for", "1h"), .init("scheduler.badList", "12.25%"),
        .init("scheduler.sameText", "10"), .init("scheduler.recipientGap", "61s"),
        .init("scheduler.repeatWindow", "48h", shown: "2d"), .init("scheduler.unanswered.pause", "12h"),
        .init("scheduler.unanswered.monthly", "2"),
        .init("scheduler.quietHours", "\"21:30-07:05 mon fri\"", shown: "\"21:30-07:05 mon fri\""),
        .init("scheduler.onUncertain", "hold"),
        .init("http.listen", "\"[::1]:0\""), .init("http.metricsOpen", "true"),
        .init("results.grace", "null", shown: "0s"), .init("results.receiptsAfter", "24h"), .init("retry.first", "1s"),
        .init("retry.maximum", "null"), .init("retry.giveUpAfter", "~", shown: "null"),
        .init("alarm.command", "[mail, -s, \"a b\", root]", shown: "[mail, \"-s\", \"a b\", root]"),
        .init("alarm.limit", "1s"), .init("alarm.atMostEvery", "0", shown: "0s"),
        .init("media.allowNetworks", "[10.0.0.0/8, \"fd00::/8\"]", shown: "[10.0.0.0/8, fd00::/8]"),
        .init("optOut.confirm", "true"), .init("retention.accepted", "1d", shown: "24h"),
        .init("retention.rejected", "0", shown: "null"), .init("retention.results", "2d"),
        .init("retention.bodies", "3d"), .init("retention.attempts", "4d"), .init("log.level", "debug"),
    ]
}

@Suite struct ConfigurationKeyTests {
    /// What lets a looser value or plain media pass, where the key under test is not itself about that.
    private static func permission(for key: String) -> [ConfigurationOverride] {
        switch key {
        case "scheduler.warmUp", "scheduler.spreading":
            [.init(key: "scheduler.acceptRisk", value: "true", option: "--test")]
        case "whatsapp.mediaScheme": [.init(key: "whatsapp.url", value: "ws://localhost/", option: "--test")]
        default: []
        }
    }

    @Test func `the table of other values has every key`() {
        #expect(OtherValue.all.map(\.key) == ConfigurationKey.all.map(\.name))
    }

    @Test(arguments: OtherValue.all)
    func `a file sets it, and its line is the origin`(_ value: OtherValue) throws {
        let (text, line) = value.file
        let directory = try ConfigurationDirectory(["spoold.yaml": text])
        let loaded = try directory.load(overrides: Self.permission(for: value.key))
        let key = try #require(ConfigurationKey.named(value.key))
        #expect(ConfigurationText.yaml(key.write(loaded.configuration)) == value.shown)
        #expect(ConfigurationText.yaml(key.write(DaemonConfiguration())) != value.shown)
        #expect(loaded.origins[value.key] == .file(path: directory.path + "/spoold.yaml", line: line))
    }

    @Test(arguments: OtherValue.all)
    func `an environment variable sets it`(_ value: OtherValue) throws {
        let key = try #require(ConfigurationKey.named(value.key))
        let name = key.environmentVariable
        let loaded = try load("", environment: [name: value.typed], overrides: Self.permission(for: value.key))
        #expect(ConfigurationText.yaml(key.write(loaded.configuration)) == value.shown)
        #expect(loaded.origins[value.key] == .environment(name))
    }

    @Test func `the variables are derived from the words of the key, and differ`() {
        let names = ConfigurationKey.all.map(\.environmentVariable)
        #expect(Set(names).count == names.count)
        #expect(ConfigurationKey.named("http.listen")?.environmentVariable == "SPOOLD_HTTP_LISTEN")
        #expect(
            ConfigurationKey.named("scheduler.recipientGap")?.environmentVariable == "SPOOLD_SCHEDULER_RECIPIENT_GAP")
        #expect(
            ConfigurationKey.named("scheduler.delay.minimum")?.environmentVariable == "SPOOLD_SCHEDULER_DELAY_MINIMUM")
        #expect(ConfigurationKey.named("defaultCountryCode")?.environmentVariable == "SPOOLD_DEFAULT_COUNTRY_CODE")
    }

    @Test func `every key is documented in a sentence`() {
        for entry in ConfigurationReference.entries {
            #expect(entry.documentation.hasSuffix("."), "\(entry.key)")
            #expect(!entry.expects.isEmpty, "\(entry.key)")
        }
    }
}
