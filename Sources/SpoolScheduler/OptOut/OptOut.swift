import SpoolCore

/// Whether a reply asks to be left alone, or to be written to again.
///
/// Only a message that is nothing but such a word counts, whatever its case, accents, widths and punctuation:
/// "stop, o Zé não vem" is conversation.
public enum OptOut {
    /// What a reply asks for.
    public struct Wish: Equatable, Sendable {
        public enum Kind: Equatable, Sendable {
            case stop
            case start
        }

        public var kind: Kind
        /// The language of the word, for the answer; English where many share it.
        public var language: String
    }

    /// Longer replies are conversation; nothing of them is looked at.
    private static let longest = 256

    /// - Parameter text: Any text from outside.
    /// - Returns: `nil` for conversation.
    public static func wish(in text: String) -> Wish? {
        guard text.utf8.count <= Self.longest else { return nil }
        let word = FoldedText(text).value
        guard !word.isEmpty else { return nil }
        return Self.words[word]
    }

    /// The one message by which a wish is confirmed; `nil` when none is to be sent.
    /// - Parameters:
    ///   - isOn: `optOut.confirm`.
    ///   - isNews: Whether the wish changed anything: a second STOP is not answered.
    public static func confirmation(of wish: Wish, isOn: Bool, isNews: Bool) -> String? {
        guard isOn, isNews else { return nil }
        let texts = Self.confirmations[wish.language] ?? Self.confirmations["en"]
        return wish.kind == .stop ? texts?.stop : texts?.start
    }

    /// By folded word. A word of several languages is that of the first, and a stop word before a start word.
    private static let words: [String: Wish] = {
        var words: [String: Wish] = [:]
        for entry in Self.table {
            for word in entry.stop {
                words[FoldedText(word).value] =
                    words[FoldedText(word).value] ?? Wish(kind: .stop, language: entry.language)
            }
        }
        for entry in Self.table {
            for word in entry.start {
                words[FoldedText(word).value] =
                    words[FoldedText(word).value] ?? Wish(kind: .start, language: entry.language)
            }
        }
        return words
    }()
}
