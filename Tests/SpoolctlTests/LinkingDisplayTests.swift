import SpoolCore
import SpoolTestSupport
import Synchronization
import Testing

@testable import spoolctl

/// A terminal that keeps what is written to it.
private final class RecordingTerminal: Sendable {
    private let state: Mutex<(size: TerminalSize, written: [String])>

    init(columns: Int = 100, rows: Int = 50) {
        self.state = Mutex((TerminalSize(columns: columns, rows: rows), []))
    }

    func resize(_ size: TerminalSize) { self.state.withLock { $0.size = size } }

    /// What came since this was asked last.
    func takeWritten() -> [String] {
        self.state.withLock { state in
            defer { state.written = [] }
            return state.written
        }
    }

    func terminal(allowsColours: Bool = true) -> Terminal {
        Terminal(
            allowsColours: allowsColours, size: { self.state.withLock { $0.size } },
            write: { text in self.state.withLock { $0.written.append(text) } })
    }
}

struct LinkingDisplayTests {
    private let recording = RecordingTerminal()
    private let clock = TestClock()

    private func display(phone: String? = nil) -> LinkingDisplay<TestClock> {
        LinkingDisplay(
            words: LinkingWords(name: "dev1", phone: phone), terminal: self.recording.terminal(), clock: self.clock)
    }

    private func qr(_ text: String, valid seconds: Int64 = 60) throws -> LinkingState {
        try LinkingState(["state": "qr", "qr": .string(text), "validSeconds": .integer(seconds)])
    }

    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    @Test func `a code that rotates is redrawn in its place`() async throws {
        let display = self.display()
        try await display.show(self.qr("first"), [:])
        let first = self.recording.takeWritten()
        #expect(first.count == 1)
        #expect(first[0].hasPrefix(Self.enter + "\u{1B}[H\u{1B}[JValid for 60 s. Ctrl-C gives up.\nTo link dev1, scan"))
        let code = try #require(QRCode("first"))
        #expect(first[0].hasSuffix(QRPicture(code: code, quietZone: 4).lines(.coloured).joined(separator: "\n")))
        try await display.show(self.qr("second", valid: 20), [:])
        let second = self.recording.takeWritten()
        #expect(second.count == 1)
        #expect(second[0].hasPrefix("\u{1B}[H\u{1B}[JValid for 20 s. "))
        let other = try #require(QRCode("second"))
        #expect(second[0].hasSuffix(QRPicture(code: other, quietZone: 4).lines(.coloured).joined(separator: "\n")))
    }

    @Test func `each second only the countdown is written`() async throws {
        let display = self.display()
        try await display.secondPassed()
        #expect(self.recording.takeWritten() == [])
        try await display.show(self.qr("first", valid: 2), [:])
        _ = self.recording.takeWritten()
        for words in ["Valid for 1 s.", "Void; waiting for the next code.", "Void; waiting for the next code."] {
            self.clock.advance(by: .milliseconds(1000))
            try await display.secondPassed()
            #expect(self.recording.takeWritten() == ["\u{1B}[H\u{1B}[2K\(words) Ctrl-C gives up."])
        }
    }

    @Test func `a window that changes its size is drawn anew`() async throws {
        let display = self.display()
        try await display.show(self.qr(LinkingScreenTests.text), [:])
        #expect(self.recording.takeWritten().joined().contains("█"))
        self.recording.resize(TerminalSize(columns: 80, rows: 24))
        try await display.secondPassed()
        let small = self.recording.takeWritten().joined()
        #expect(small.hasPrefix("\u{1B}[H\u{1B}[J") && small.hasSuffix(LinkingScreenTests.text))
        self.recording.resize(TerminalSize(columns: 100, rows: 50))
        try await display.secondPassed()
        let large = self.recording.takeWritten().joined()
        #expect(large.contains("█") && !large.contains(LinkingScreenTests.text))
    }

    @Test func `the end is said on the first screen, and the terminal restored once`() async throws {
        let display = self.display()
        try await display.show(self.qr("first"), [:])
        _ = self.recording.takeWritten()
        try await display.show(.linked(number: "15550000001"), [:])
        #expect(self.recording.takeWritten() == [Self.leave, "linked dev1 (+15550000001)\n"])
        try await display.secondPassed()
        try await display.show(.connected(number: "15550000001"), [:])
        await display.close()
        #expect(self.recording.takeWritten() == ["connected\n"])
    }

    @Test func `a device that is connected at once ends it as well`() async throws {
        let display = self.display()
        try await display.show(self.qr("first"), [:])
        _ = self.recording.takeWritten()
        try await display.show(.connected(number: nil), [:])
        #expect(self.recording.takeWritten() == [Self.leave, "connected\n"])
    }

    @Test func `closing restores the terminal, if there is something to restore`() async throws {
        let untouched = self.display()
        await untouched.close()
        #expect(self.recording.takeWritten() == [])
        let display = self.display()
        try await display.show(self.qr("first"), [:])
        _ = self.recording.takeWritten()
        await display.close()
        await display.close()
        #expect(self.recording.takeWritten() == [Self.leave])
    }

    @Test func `a QR code leaves the countdown of a typed code alone`() async throws {
        let display = self.display(phone: "15550000001")
        try await display.show(.code("ABCD-EFGH", validFor: .seconds(180)), [:])
        _ = self.recording.takeWritten()
        try await display.show(self.qr("first", valid: 20), [:])
        #expect(self.recording.takeWritten() == [])
        try await display.secondPassed()
        #expect(self.recording.takeWritten() == ["\u{1B}[H\u{1B}[2KValid for 180 s. Ctrl-C gives up."])
    }
}
