import Foundation

/// A text without what two writings of the same words differ in: case, accents, widths, punctuation, pictures, and how
/// many spaces there are.
struct FoldedText: Equatable, Sendable {
    let value: String

    init(_ text: some StringProtocol) {
        let folded = String(text).folding(
            options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        var value = String.UnicodeScalarView()
        var isBetweenWords = false
        for scalar in folded.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control: isBetweenWords = true
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber, .spacingMark:
                if isBetweenWords, !value.isEmpty { value.append(" ") }
                isBetweenWords = false
                value.append(scalar)
            // Punctuation and pictures, accents that are left, and what is not seen at all.
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol,
                .nonspacingMark, .enclosingMark, .format, .surrogate, .privateUse, .unassigned:
                continue
            @unknown default: continue
            }
        }
        self.value = String(value)
    }
}
