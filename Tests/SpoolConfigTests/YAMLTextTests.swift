import Testing

@testable import SpoolConfig

@Suite struct YAMLTextTests {
    @Test(arguments: [
        ("a: [1\nb: 2\n", 2, "not YAML: "), ("a: b: c\n", 1, "not YAML: "), ("a: 1\n\tb: 2\n", 2, "not YAML: "),
        ("a: *nobody\n", 1, "not YAML: "), ("a: 1\n---\nb: 2\n", 2, "not YAML: "),
        ("a: 1\nb: 2\na: 3\n", 1, "given twice in one section: \"a\""),
        ("x: 1\n? [a]\n: b\n", 2, "a key must be a word"), ("a: \u{7}\n", 1, "not YAML: "),
    ])
    func `what is not YAML is refused with its line`(text: String, line: Int, reason: String) {
        let problem = #expect(throws: YAMLProblem.self) { try YAMLText.value(of: text) }
        #expect(problem?.line == line)
        #expect(problem?.reason.hasPrefix(reason) == true, "\(problem?.reason ?? "")")
    }

    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~", "null"])
    func `an empty document is null`(text: String) throws {
        #expect(try YAMLText.value(of: text).value == .null)
    }

    @Test func `only a bare null is null, everything else stays as it was typed`() throws {
        let value = try YAMLText.value(of: "[null, ~, 'null', \"\", 007, 1e3, yes, 92]").value
        guard case .sequence(let elements) = value else {
            Issue.record("not a list")
            return
        }
        #expect(
            elements.map(\.value) == [
                .null, .null, .text("null"), .text(""), .text("007"), .text("1e3"), .text("yes"), .text("92"),
            ])
    }

    @Test func `aliases that repeat each other are stopped`() {
        let levels = (1...12).map { level in
            "l\(level): &l\(level) [\(Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ","))]"
        }
        let text = (["l0: &l0 x"] + levels).joined(separator: "\n")
        let problem = #expect(throws: YAMLProblem.self) { try YAMLText.value(of: text) }
        #expect(problem?.reason == "too many values, or nested too deeply")
    }

    @Test(arguments: [18, 100, 2000, 100_000])
    func `deep nesting is refused, not followed`(depth: Int) {
        #expect(throws: YAMLProblem.self) {
            try YAMLText.value(of: String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
    }

    @Test func `random bytes never do worse than an error`() {
        var state: UInt64 = 20_261_121
        let alphabet = Array("ab:-[]{},&*!|>'\"%@`#~ \n\t?0\u{85}ü".unicodeScalars)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int((state >> 33) % UInt64(alphabet.count))])
            }
            do throws(ConfigurationProblem) {
                _ = try ConfigurationFile(path: "x", text: String(text))
            } catch {
                #expect(!error.reason.isEmpty, "\(text)")
            }
        }
    }
}
