import Foundation
import SpoolCore

/// Makes one message out of a record's texts, or says why not.
struct MessageBuilder: Sendable {
    private let recipients: RecipientParser
    private let values: ValueParser
    private let defaults: BatchFields

    /// - Parameter defaults: Stand in for what a row does not say.
    init(rules: ReadingRules, defaults: BatchFields) {
        self.recipients = RecipientParser(defaultCountryCode: rules.defaultCountryCode)
        self.values = ValueParser(rules: rules)
        self.defaults = defaults
    }

    func content(of fields: FieldValues) -> DropRow.Content {
        do {
            return .message(try self.message(from: fields))
        } catch {
            return .refused(error)
        }
    }

    private func message(from fields: FieldValues) throws(Refusal) -> MessageRequest {
        let recipient = try self.recipients.recipient(from: fields[.number])
        let media = try self.media(of: fields)
        let text = try Self.text(fields[.message], isCaption: media != nil)
        guard media?.kind != .audio || text.isEmpty else { throw MediaReference.captionOfAudio }
        var message = MessageRequest(recipient: recipient, text: text, media: media)
        message.ref = try Self.ref(fields[.ref])
        message.device = Self.device(fields[.sessionId]) ?? self.defaults.device
        message.sendAt = try self.moment(.sendAt, of: fields) ?? self.defaults.sendAt
        message.expiresAt = try self.moment(.expiresAt, of: fields) ?? self.defaults.expiresAt
        message.priority = try fields[.priority].map(self.values.priority) ?? self.defaults.priority ?? .normal
        message.timeZone = try fields[.tz].map(self.values.timeZone)
        return message
    }

    private func media(of fields: FieldValues) throws(Refusal) -> MediaReference? {
        guard let source = Self.trimmed(fields[.mediaUrl]) ?? self.defaults.mediaURL else { return nil }
        try Self.check(source, .mediaUrl, atMost: Self.maximumSource)
        let fileName = Self.trimmed(fields[.fileName]) ?? self.defaults.fileName
        if let fileName { try Self.check(fileName, .fileName, atMost: Self.maximumFileName) }
        let type = Self.trimmed(fields[.mediaType]) ?? self.defaults.mediaType
        return MediaReference(source: source, kind: try type.flatMap(self.values.mediaKind), fileName: fileName)
    }

    /// The most bytes of a URL or path, and of a file's name.
    private static let maximumSource = 8192
    private static let maximumFileName = 1024

    private static func check(_ text: String, _ field: MessageField, atMost limit: Int) throws(Refusal) {
        guard text.utf8.count <= limit else {
            throw Refusal(.validation, "\(field.name) is longer than \(limit) bytes", field: field.name)
        }
        guard !text.utf8.contains(0) else {
            throw Refusal(.validation, "\(field.name) has a NUL character", field: field.name)
        }
    }

    private func moment(_ field: MessageField, of fields: FieldValues) throws(Refusal) -> Date? {
        guard let text = fields[field] else { return nil }
        return try self.values.moment(text, field)
    }

    private static func device(_ text: String?) -> DeviceID? {
        self.trimmed(text).map { DeviceID(rawValue: $0) }
    }

    /// The text without spaces around it; `nil` when nothing is left.
    private static func trimmed(_ text: String?) -> String? {
        guard let text = text?.trimmingSpaces, !text.isEmpty else { return nil }
        return text
    }

    private static func ref(_ text: String?) throws(Refusal) -> String? {
        guard let text, text.utf8.count > maximumRef else { return text }
        guard text.unicodeScalars.count <= self.maximumRef else {
            throw Refusal(.validation, "ref is longer than \(self.maximumRef) characters", field: MessageField.ref.name)
        }
        return text
    }

    private static let maximumRef = 128

    /// - Parameter isCaption: Whether there is an attachment, beside which no text is needed.
    private static func text(_ text: String?, isCaption: Bool) throws(Refusal) -> String {
        guard let text, text.utf8.contains(where: { $0 > 0x20 }) else {
            guard !isCaption else { return "" }
            throw Refusal(.validation, "Message text is required", field: MessageField.message.name)
        }
        guard text.utf8.count <= self.maximumText || text.unicodeScalars.count <= self.maximumText else {
            throw Refusal(
                .validation, "The message is longer than \(self.maximumText) characters",
                field: MessageField.message.name)
        }
        return text.utf8.contains(UInt8(ascii: "{")) ? try self.withoutTemplateMarks(text) : text
    }

    private static let maximumText = 65536

    /// The text with `{{` for every `\{{`; a `{{` that is not written so would be a template.
    private static func withoutTemplateMarks(_ text: String) throws(Refusal) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.starts(with: "{{".utf8) {
                result += "{{".utf8
                rest = rest.dropFirst(2)
            } else if byte == UInt8(ascii: "{"), rest.first == byte {
                throw Refusal(
                    .template, "Templates are not supported by this version: write \\{{ for a literal {{",
                    field: MessageField.message.name)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
