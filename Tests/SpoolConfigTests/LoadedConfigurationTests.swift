import Foundation
import Testing

@testable import SpoolConfig

@Suite struct LoadedConfigurationTests {
    private static let everything: [String: String] = {
        var environment = ["SPOOLD_WHATSAPP_URL": "ws://localhost:5222/ws"]
        for value in OtherValue.all {
            guard let key = ConfigurationKey.named(value.key) else { continue }
            environment[key.environmentVariable] = value.typed
        }
        return environment
    }()

    @Test func `what is shown reads back as the same configuration`() throws {
        for environment in [[:], Self.everything] {
            let shown = try load("", environment: environment)
            let again = try load(shown.render())
            #expect(again.configuration == shown.configuration)
            #expect(!again.origins.values.contains(.default))
        }
    }

    @Test func `each value is followed by its origin`() throws {
        let directory = try ConfigurationDirectory(["spoold.yaml": "scheduler:\n  hourly: 50\n"])
        let loaded = try directory.load(environment: ["SPOOLD_LOG_LEVEL": "debug"])
        let lines = loaded.render().split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.contains("hourly: 50 # \(directory.path)/spoold.yaml:2"))
        #expect(lines.contains("level: debug # environment variable SPOOLD_LOG_LEVEL"))
        #expect(lines.contains("daily: 1000 # default"))
        #expect(lines.contains("directory: \(directory.path)/spool # default"))
    }

    @Test func `the JSON form has value and origin of every key`() throws {
        let loaded = try load("", environment: Self.everything)
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(loaded.renderJSON().utf8)) as? [String: [String: Any]])
        #expect(Set(object.keys) == Set(ConfigurationKey.all.map(\.name)))
        #expect(object["scheduler.hourly"]?["value"] as? Int == 99)
        #expect(object["scheduler.warmUp"]?["value"] as? Bool == false)
        #expect(object["spool.maximumFile"]?["value"] is NSNull)
        #expect(object["alarm.command"]?["value"] as? [String] == ["mail", "-s", "a b", "root"])
        #expect(object["log.level"]?["origin"] as? String == "environment variable SPOOLD_LOG_LEVEL")
    }

    @Test(arguments: [
        "", "null", "~", "true", "92", "1e3", "0x1F", "a b", "a: b", "a #b", "a:", "-a", "@a", "\"q\"", "back\\slash",
        "tab\t", "new\nline", "\u{1B}[31m", "\u{7F}\u{85}\u{2028}\u{FEFF}", "ünïcode 😀", "{a}", "[b]", "*c", "&d", "!e",
    ])
    func `any text survives being written as YAML and as JSON`(text: String) throws {
        let value = ConfigurationValue.text(text)
        for written in [ConfigurationText.yaml(value), ConfigurationText.json(value)] {
            #expect(try YAMLText.value(of: "- \(written)  # a comment\n").value == .sequence([.init(value, line: 1)]))
        }
        let json = Data("[\(ConfigurationText.json(value))]".utf8)
        #expect(try JSONSerialization.jsonObject(with: json) as? [String] == [text])
    }
}
