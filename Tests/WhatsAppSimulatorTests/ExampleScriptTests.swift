import Foundation
import Testing

@testable import WhatsAppSimulator

/// The scripts in `examples`, for rehearsals.
struct ExampleScriptTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples")

    private static func scripts() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: Self.examples, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("simulate-") && $0.pathExtension == "json" }
    }

    @Test func `every example is a script that says what it is for`() throws {
        let scripts = try Self.scripts()
        #expect(scripts.count == 7)
        for script in scripts {
            let bytes = Array(try Data(contentsOf: script))
            let scenario = try Scenario(json: bytes)
            #expect(!scenario.faults.isEmpty || scenario.accounts.contains { $0.reply != nil }, "\(script)")
            let text = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect((text["comment"] as? String)?.isEmpty == false, "\(script)")
        }
    }
}
