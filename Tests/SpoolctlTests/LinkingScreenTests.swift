import SpoolCore
import Testing

@testable import spoolctl

struct LinkingScreenTests {
    /// As long as the service's own, which makes 57 modules a side.
    static let text = "2@" + String(repeating: "Ab3+/", count: 46) + "=,x=,y="

    private func screen(
        _ state: LinkingState? = nil, phone: String? = nil, style: QRPicture.Style = .plain
    ) -> LinkingScreen {
        var screen = LinkingScreen(words: LinkingWords(name: "dev1", phone: phone), style: style)
        if let state { _ = screen.take(state) }
        return screen
    }

    private func qr() throws -> LinkingState {
        try LinkingState(["state": "qr", "qr": .string(Self.text), "validSeconds": 60])
    }

    @Test func `the picture has as much margin as there is room for`() throws {
        let screen = try self.screen(self.qr())
        let code = try #require(QRCode(Self.text))
        #expect(code.width == 57)
        for (size, margin) in [
            (TerminalSize(columns: 200, rows: 60), 4), (.init(columns: 72, rows: 35), 4),
            (.init(columns: 72, rows: 34), 3), (.init(columns: 72, rows: 33), 2), (.init(columns: 63, rows: 60), 3),
            (.init(columns: 61, rows: 34), 2),
        ] {
            let lines = screen.lines(in: size)
            let picture = QRPicture(code: code, quietZone: margin).lines(.plain)
            #expect(lines.suffix(picture.count) == picture[...], "\(size)")
            #expect(1 + lines.count <= size.rows, "\(size)")
            #expect(lines.allSatisfy { $0.count <= size.columns }, "\(size)")
        }
    }

    @Test(arguments: [(80, 24), (60, 100), (200, 32), (20, 5), (1, 1)])
    func `a window that is too small is told what it needs, and gets the text`(columns: Int, rows: Int) throws {
        let lines = try self.screen(self.qr()).lines(in: TerminalSize(columns: columns, rows: rows))
        #expect(lines.last == Self.text)
        let words = lines.dropLast().joined(separator: " ")
        #expect(!words.contains("█"))
        let match = try #require(words.firstMatch(of: /needs a window of (\d+) columns and (\d+) rows/))
        #expect(words.contains("this one has \(columns) and \(rows)."))
        let needed = TerminalSize(columns: max(try #require(Int(match.1)), columns), rows: try #require(Int(match.2)))
        #expect(try self.screen(self.qr()).lines(in: needed).last?.contains("█") == true)
        let less = TerminalSize(columns: needed.columns, rows: needed.rows - 1)
        #expect(try self.screen(self.qr()).lines(in: less).last == Self.text)
    }

    @Test func `a code is shown large, with where to type it`() throws {
        let state = LinkingState.code("ABCD-EFGH", validFor: .seconds(180))
        let size = TerminalSize(columns: 80, rows: 24)
        #expect(
            self.screen(state, phone: "15550000001").lines(in: size) == [
                "To link dev1 on +15550000001, open WhatsApp > Linked devices > Link a device >",
                "Link with phone number instead, and type:", "", "    A B C D - E F G H",
            ])
        let bold = self.screen(state, phone: "15550000001", style: .coloured).lines(in: size)
        #expect(bold.last == "    \u{1B}[1mA B C D - E F G H\u{1B}[0m")
    }

    @Test func `who asked for a code sees no QR code`() throws {
        var screen = self.screen(.code("ABCD-EFGH", validFor: .seconds(180)), phone: "15550000001")
        let before = screen.lines(in: TerminalSize(columns: 80, rows: 80))
        let states = [try self.qr(), .qrExhausted]
        #expect(states.map { screen.take($0) } == [false, false])
        #expect(screen.lines(in: TerminalSize(columns: 80, rows: 80)) == before)
    }

    @Test func `what is void is no longer there`() throws {
        let size = TerminalSize(columns: 80, rows: 80)
        var screen = try self.screen(self.qr())
        let isNew = screen.take(.qrExhausted)
        #expect(isNew)
        #expect(screen.lines(in: size) == ["All QR codes were shown and are void."])
        screen = self.screen(.code("ABCD-EFGH", validFor: .seconds(180)), phone: "15550000001")
        _ = screen.take(.codeExpired)
        #expect(screen.lines(in: size) == ["The code is void; waiting for another."])
    }

    @Test func `the countdown never wraps`() {
        let screen = self.screen()
        let wide = TerminalSize(columns: 80, rows: 24)
        #expect(screen.countdown(nil, in: wide) == "Waiting for WhatsApp. Ctrl-C gives up.")
        #expect(screen.countdown(42, in: wide) == "Valid for 42 s. Ctrl-C gives up.")
        #expect(screen.countdown(0, in: wide) == "Void; waiting for the next code. Ctrl-C gives up.")
        #expect(screen.countdown(42, in: TerminalSize(columns: 9, rows: 2)) == "Valid for")
    }

    @Test func `a hostile code cannot steer the terminal`() throws {
        let state = LinkingState.code("\u{1B}[2J\n", validFor: .seconds(180))
        let lines = self.screen(state, phone: "15550000001").lines(in: TerminalSize(columns: 80, rows: 24))
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 })
        let qr = try LinkingState(["state": "qr", "qr": "\u{1B}c\u{9B}", "validSeconds": 60])
        let text = self.screen(qr).lines(in: TerminalSize(columns: 10, rows: 3)).last
        #expect(text == "\\u{1B}c\\u{9B}")
        let words = LinkingWords(name: "\u{1B}c", phone: nil)
        #expect(words.linked("\u{9B}") == "linked \\u{1B}c (+\\u{9B})")
    }
}
