import Foundation
import SpoolConfig
import SpoolCore
import SpoolScheduler
import Testing

@Suite struct ExampleFilesTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples")

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: Self.examples.appending(path: name), encoding: .utf8)
    }

    @Test func `spoold.yaml is the reference, and sets every key to its default`() throws {
        let text = try Self.text("spoold.yaml")
        #expect(text == ConfigurationReference.exampleFile)
        let directory = try ConfigurationDirectory(["spoold.yaml": text, "empty.yaml": ""])
        let loaded = try directory.load()
        #expect(loaded.configuration == (try directory.load("empty.yaml").configuration))
        #expect(!loaded.origins.values.contains(.default))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func `no-pacing.yaml switches off the pacing and nothing else, for dry runs`() throws {
        let text = try Self.text("no-pacing.yaml")
        #expect(throws: ConfigurationError.self) { try load(text) }
        let dryRun = ConfigurationOverride(key: "transport", value: "dry-run", option: "--dry-run")
        let loaded = try load(text, overrides: [dryRun])
        var expected = DaemonConfiguration().scheduler
        expected.policy.pacing.minimumDelay = .zero
        expected.policy.pacing.maximumDelay = .zero
        expected.policy.pacing.hourly = nil
        expected.policy.pacing.daily = nil
        expected.policy.pacing.restAfter = nil
        expected.policy.cooldown.failures = nil
        expected.policy.spreading = false
        expected.policy.reconnectRamp = .zero
        expected.policy.humanSimulation = false
        expected.policy.warmUp = false
        expected.policy.breaker.window = nil
        expected.policy.badList.share = nil
        expected.policy.sameText.most = nil
        expected.policy.recipient.gap = .zero
        expected.policy.recipient.repeatWindow = nil
        #expect(loaded.configuration.scheduler == expected)
        #expect(
            Set(loaded.origins.filter { $0.value != .default }.keys) == [
                "scheduler.delay.minimum", "scheduler.delay.maximum", "scheduler.hourly", "scheduler.daily",
                "scheduler.rest.after", "scheduler.cooldown.failures", "scheduler.spreading",
                "scheduler.reconnectRamp", "scheduler.humanSimulation", "scheduler.warmUp",
                "scheduler.breaker.window", "scheduler.badList", "scheduler.sameText", "scheduler.recipientGap",
                "scheduler.repeatWindow", "transport",
            ])
    }

    @Test func `dry-run.yaml shows every class of error`() throws {
        let configuration = try load(Self.text("dry-run.yaml")).configuration
        #expect(configuration.transport == .dryRun)
        #expect(configuration.dryRun.devices.map(\.rawValue) == ["dev1", "dev2"])
        #expect(configuration.dryRun.latency == .milliseconds(200))
        #expect(
            configuration.dryRun.answers == [
                .init(target: .number("923000000001"), outcome: .temporary, times: 2),
                .init(target: .number("923000000002"), outcome: .temporary),
                .init(target: .number("923000000003"), outcome: .permanent(.rejected)),
                .init(target: .prefix("92300001"), outcome: .permanent(.notOnWhatsApp)),
                .init(target: .number("923000000004"), outcome: .sessionLost, times: 1),
                .init(target: .number("923000000005"), outcome: .unknown, times: 1),
            ])
    }
}
