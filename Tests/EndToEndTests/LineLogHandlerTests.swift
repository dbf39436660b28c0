import Testing

@testable import spoold

struct LineLogHandlerTests {
    @Test(arguments: [
        "\u{0}", "\n", "\u{1B}", "\u{7F}", "\u{80}", "\u{85}", "\u{9B}", "\u{9F}", "\u{61C}", "\u{200E}", "\u{200F}",
        "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{FEFF}",
    ])
    func `nothing that begins a line, moves the cursor or turns the writing direction gets into the log`(
        character: Unicode.Scalar
    ) {
        let text = "a\(character)b"
        #expect(LineLogHandler.printable(text) == "a\\u{\(String(character.value, radix: 16))}b")
    }

    @Test func `other texts stay as they are`() {
        for text in ["", "plain", "größer", "שלום", "日本", "👨‍👩‍👧", "a\u{A0}b"] {
            #expect(LineLogHandler.printable(text) == text)
        }
    }
}
