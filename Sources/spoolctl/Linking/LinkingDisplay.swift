import SpoolCore

/// Shows the codes in place on the terminal's second screen, so that none is left in what can be scrolled back to.
actor LinkingDisplay<Time: Clock>: LinkingView where Time.Duration == Duration {
    private let terminal: Terminal
    private let clock: Time
    private var screen: LinkingScreen
    /// When what is shown becomes void.
    private var end: Time.Instant?
    /// The size for which the screen was drawn; `nil` while the second screen is not there.
    private var drawnSize: TerminalSize?

    init(words: LinkingWords, terminal: Terminal, clock: Time) {
        self.terminal = terminal
        self.clock = clock
        self.screen = LinkingScreen(words: words, style: terminal.allowsColours ? .coloured : .plain)
    }

    func show(_ state: LinkingState, _ line: JSONValue) throws(CommandFailure) {
        if self.screen.take(state) {
            self.end = state.validity.map { self.clock.now.advanced(by: $0) }
            try self.draw()
        }
        switch state {
        case .linked(let number):
            try self.leave()
            try self.terminal.write(self.screen.words.linked(number) + "\n")
        case .connected:
            try self.leave()
            try self.terminal.write(LinkingWords.connected + "\n")
        case .qr, .qrExhausted, .code, .codeExpired, .failed, .unknown: break
        }
    }

    func secondPassed() throws(CommandFailure) {
        guard let drawnSize = self.drawnSize else { return }
        let size = self.terminal.size()
        guard size == drawnSize else { return try self.draw() }
        try self.terminal.write("\u{1B}[H\u{1B}[2K" + self.countdown(in: size))
    }

    func close() {
        // When this fails the terminal is gone, and with it what there was to restore.
        try? self.leave()
    }

    private func draw() throws(CommandFailure) {
        let size = self.terminal.size()
        let entering = self.drawnSize == nil ? "\u{1B}[?1049h\u{1B}[?25l" : ""
        self.drawnSize = size
        let lines = [self.countdown(in: size)] + self.screen.lines(in: size)
        try self.terminal.write(entering + "\u{1B}[H\u{1B}[J" + lines.joined(separator: "\n"))
    }

    /// Shows the cursor and the first screen again.
    private func leave() throws(CommandFailure) {
        guard self.drawnSize != nil else { return }
        self.drawnSize = nil
        try self.terminal.write("\u{1B}[?25h\u{1B}[?1049l")
    }

    private func countdown(in size: TerminalSize) -> String {
        let left = self.end.map { self.clock.now.duration(to: $0) }
        // Rounded up: 0 is void.
        let seconds = left.map { max(0, $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0)) }
        return self.screen.countdown(seconds, in: size)
    }
}
