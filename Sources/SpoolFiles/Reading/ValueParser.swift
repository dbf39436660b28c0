import Foundation
import SpoolCore

/// Reads the values that rows and batch fields share, each refusing with its field's name.
struct ValueParser: Sendable {
    private let moments: MomentParser

    init(rules: ReadingRules) {
        self.moments = MomentParser(timeZone: rules.timeZone)
    }

    func moment(_ text: String, _ field: MessageField) throws(Refusal) -> Date {
        guard let date = self.moments.date(from: text.trimmingSpaces) else {
            throw Refusal(
                .validation,
                "\(field.name) must be a time such as 2026-11-21T10:42:00+05:00, "
                    + "or 2026-11-21 10:42 in the configured zone",
                field: field.name)
        }
        return date
    }

    func priority(_ text: String) throws(Refusal) -> Priority {
        guard let priority = Priority(word: text.trimmingSpaces) else {
            throw Refusal(.validation, "priority must be high, normal or low", field: MessageField.priority.name)
        }
        return priority
    }

    /// What an attachment is sent as; `nil` for `text`, which leaves that to the file.
    func mediaKind(_ text: String) throws(Refusal) -> MediaKind? {
        let word = text.trimmingSpaces.lowercased()
        guard word != "text" else { return nil }
        guard let kind = MediaKind(rawValue: word) else {
            throw Refusal(
                .validation, "mediaType must be image, video, audio or document", field: MessageField.mediaType.name)
        }
        return kind
    }

    /// The IANA name of a zone that this machine knows.
    func timeZone(_ text: String) throws(Refusal) -> String {
        let name = text.trimmingSpaces
        // Foundation also takes abbreviations and offsets, which say nothing of clock changes.
        guard name.utf8.count <= 64, name.utf8.contains(UInt8(ascii: "/")) || name == "UTC",
            TimeZone(identifier: name) != nil
        else {
            throw Refusal(
                .validation, "\(name.quotedBriefly) is not a known time zone: write a name such as Asia/Karachi",
                field: MessageField.tz.name)
        }
        return name
    }
}

extension String {
    /// The text without spaces, tabs and line ends around it.
    var trimmingSpaces: String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = self.utf8
        guard let first = bytes.first, let last = bytes.last, isSpace(first) || isSpace(last) else { return self }
        guard let start = bytes.firstIndex(where: { !isSpace($0) }), let end = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[start...end])
    }
}
