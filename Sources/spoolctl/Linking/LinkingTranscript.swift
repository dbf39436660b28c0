import SpoolCore

/// For what is no terminal, or one that can do nothing: each code below the other.
struct LinkingTranscript: LinkingView {
    let words: LinkingWords

    func show(_ state: LinkingState, _ line: JSONValue) throws(CommandFailure) {
        try StandardOutput.write(self.lines(state))
    }

    func secondPassed() {}
    func close() {}

    func lines(_ state: LinkingState) -> [String] {
        switch state {
        case .qr(let code, text: _, let validity):
            guard !self.words.asksForCode else { return [] }
            let picture = QRPicture(code: code, quietZone: 4)
            return [self.words.scan] + picture.lines(.plain) + ["It is valid for \(validity.components.seconds) s."]
        case .qrExhausted: return self.words.asksForCode ? [] : [LinkingWords.exhausted]
        case .code(let code, let validity):
            let words = "\(TerminalText.safe(code))  (valid for \(validity.components.seconds) s)"
            return [self.words.type, "", words, ""]
        case .codeExpired: return [LinkingWords.expired]
        case .linked(let number): return [self.words.linked(number)]
        case .connected: return [LinkingWords.connected]
        case .failed, .unknown: return []
        }
    }
}
