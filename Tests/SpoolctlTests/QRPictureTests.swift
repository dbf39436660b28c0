import SpoolTestSupport
import Testing

@testable import spoolctl

struct QRPictureTests {
    /// Three modules a side, with something in every half block there is.
    private let code = QRCode(
        width: 3,
        modules: [
            true, false, true,
            true, true, false,
            false, true, true,
        ])

    @Test func `dark modules are drawn black on white where there are colours`() {
        let lines = QRPicture(code: self.code, quietZone: 2).lines(.coloured)
        let (ink, reset) = ("\u{1B}[38;5;16;48;5;231m", "\u{1B}[0m")
        #expect(lines == ["       ", "  █▄▀  ", "   ▀▀  ", "       "].map { ink + $0 + reset })
    }

    @Test func `light modules are drawn where there are none`() {
        let picture = QRPicture(code: self.code, quietZone: 2)
        #expect(picture.lines(.plain) == ["███████", "██ ▀▄██", "███▄▄██", "███████"])
        #expect(picture.columns == 7)
        #expect(picture.rows == 4)
    }

    @Test(arguments: [
        (1, ["█▀█▀█", "█▄ ▀█", "█████"]), (3, ["█████████", "███▀█▀███", "███▄ ▀███", "█████████", "█████████"]),
    ])
    func `an odd margin keeps the picture whole`(margin: Int, expected: [String]) {
        let picture = QRPicture(code: self.code, quietZone: margin)
        #expect(picture.lines(.plain) == expected)
        #expect(picture.rows == expected.count)
    }

    @Test(arguments: 1...106)
    func `the picture says the text`(length: Int) throws {
        var generator = SeededGenerator(seed: UInt64(length))
        let letters = Array("ABCDEFGHabcdefgh0123456789+/=,@ü")
        var text = String((0..<length).compactMap { _ in letters.randomElement(using: &generator) })
        while text.utf8.count > 106 { text.removeLast() }
        let code = try #require(QRCode(text))
        let colours = QRPicture(code: code, quietZone: 2).lines(.coloured)
            .map { String($0.dropFirst("\u{1B}[38;5;16;48;5;231m".count).dropLast("\u{1B}[0m".count)) }
        #expect(QRReader(lines: colours, quietZone: 2, isDarkDrawn: true).text == text)
        let plain = QRPicture(code: code, quietZone: 3).lines(.plain)
        #expect(QRReader(lines: plain, quietZone: 3, isDarkDrawn: false).text == text)
    }

    @Test func `nothing and too much have no code`() {
        #expect(QRCode("") == nil)
        #expect(QRCode(String(repeating: "a", count: 2953))?.width == 177)
        #expect(QRCode(String(repeating: "a", count: 2954)) == nil)
    }
}
