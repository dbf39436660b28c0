/// What fills the terminal while a device is being linked: a line that counts down, and below it what to scan or type.
struct LinkingScreen: Sendable {
    private enum Content {
        case nothing
        case picture(QRCode, text: String)
        case code(String)
        case note(String)
    }

    let words: LinkingWords
    let style: QRPicture.Style
    private var content = Content.nothing

    init(words: LinkingWords, style: QRPicture.Style) {
        self.words = words
        self.style = style
    }

    /// Takes up a state.
    /// - Returns: Whether it puts something else on the screen.
    mutating func take(_ state: LinkingState) -> Bool {
        switch state {
        case .qr(let code, let text, _):
            guard !self.words.asksForCode else { return false }
            self.content = .picture(code, text: TerminalText.safe(text))
        case .qrExhausted:
            guard !self.words.asksForCode else { return false }
            self.content = .note(LinkingWords.exhausted)
        case .code(let code, _): self.content = .code(TerminalText.safe(code))
        case .codeExpired: self.content = .note(LinkingWords.expired)
        case .linked, .connected, .failed, .unknown: return false
        }
        return true
    }

    /// The first line, never longer than the terminal is wide.
    /// - Parameter secondsLeft: How long what is shown is still valid; `nil` when nothing is shown.
    func countdown(_ secondsLeft: Int64?, in size: TerminalSize) -> String {
        let state =
            switch secondsLeft {
            case nil: "Waiting for WhatsApp."
            case 0?: "Void; waiting for the next code."
            case let seconds?: "Valid for \(seconds) s."
            }
        return String("\(state) Ctrl-C gives up.".prefix(size.columns))
    }

    /// All that stands below the first line.
    func lines(in size: TerminalSize) -> [String] {
        switch self.content {
        case .nothing: []
        case .picture(let code, let text): self.lines(code, text, in: size)
        case .code(let code): Self.wrapped(self.words.type, size.columns) + ["", "    " + self.large(code)]
        case .note(let note): Self.wrapped(note, size.columns)
        }
    }

    /// The picture with as much margin as there is room for, or what keeps it from being shown.
    private func lines(_ code: QRCode, _ text: String, in size: TerminalSize) -> [String] {
        let words = Self.wrapped(self.words.scan, size.columns)
        for margin in [4, 3, 2] {
            let picture = QRPicture(code: code, quietZone: margin)
            if picture.columns <= size.columns, 1 + words.count + picture.rows <= size.rows {
                return words + picture.lines(self.style)
            }
        }
        let smallest = QRPicture(code: code, quietZone: 2)
        let columns = max(smallest.columns, size.columns)
        let rows = 1 + Self.wrapped(self.words.scan, columns).count + smallest.rows
        let advice = """
            The QR code needs a window of \(smallest.columns) columns and \(rows) rows; this one has \(size.columns) \
            and \(size.rows). Make it larger or its letters smaller. The code as text, for a program that draws QR codes:
            """
        return Self.wrapped(advice, size.columns) + [text]
    }

    /// Bold where that is possible, with room between the characters.
    private func large(_ code: String) -> String {
        let spaced = code.map(String.init).joined(separator: " ")
        return switch self.style {
        case .coloured: "\u{1B}[1m\(spaced)\u{1B}[0m"
        case .plain: spaced
        }
    }

    /// The text in lines of at most `width` characters, broken at its spaces; a longer word has a line of its own.
    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
