import SpoolCore
import Testing

@testable import spoolctl

struct TerminalTextTests {
    @Test(arguments: [
        ("plain ü 日本 👍", "plain ü 日本 👍"),
        ("\u{1B}[31mred", "\\u{1B}[31mred"),
        ("two\nlines\ttab\r", "two\\u{A}lines\\u{9}tab\\u{D}"),
        ("\u{7F}\u{9B}2J", "\\u{7F}\\u{9B}2J"),
        ("a\u{202E}b\u{2066}c\u{2028}", "a\\u{202E}b\\u{2066}c\\u{2028}"),
    ])
    func `nothing that steers a terminal gets through`(text: String, expected: String) {
        #expect(TerminalText.safe(text) == expected)
    }

    @Test func `JSON keeps its value and loses what steers a terminal`() {
        let value: JSONValue = ["a": "\u{1B}[0m\u{9B}2J\u{202E}", "b": ["ü\n"]]
        #expect(TerminalText.json(value) == #"{"a":"\u001b[0m\u009b2J\u202e","b":["ü\n"]}"#)
    }
}
