/// A value as a configuration source holds it, or as it is shown.
///
/// What is read has only nulls, texts, sequences and mappings; the key it belongs to decides what a text means.
indirect enum ConfigurationValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case text(String)
    case sequence([LocatedValue])
    case mapping([Field])

    /// One entry of a mapping, in the order of the source.
    struct Field: Equatable, Sendable {
        var name: String
        /// Where the name stands.
        var line: Int?
        var value: LocatedValue

        init(name: String, line: Int? = nil, value: LocatedValue) {
            self.name = name
            self.line = line
            self.value = value
        }
    }

    /// A scalar as it would be typed; `nil` for null, sequences and mappings.
    var word: String? {
        switch self {
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .text(let text): text
        case .null, .sequence, .mapping: nil
        }
    }

    /// A short form for a complaint.
    var excerpt: String {
        switch self {
        case .null: "null"
        case .boolean, .integer, .text: ConfigurationText.excerpt(self.word ?? "")
        case .sequence: "a list"
        case .mapping: "a section"
        }
    }
}

/// A value and the line it stands on, from 1; `nil` outside of files.
struct LocatedValue: Equatable, Sendable {
    var value: ConfigurationValue
    var line: Int?

    init(_ value: ConfigurationValue, line: Int? = nil) {
        self.value = value
        self.line = line
    }
}
