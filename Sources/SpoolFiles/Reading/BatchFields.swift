public import Foundation
public import SpoolCore

/// What a drop file says about all of its rows.
public struct BatchFields: Equatable, Sendable {
    /// The client's name for the batch.
    public var name: String?
    /// The device of the rows that name none.
    public var device: DeviceID?
    /// The priority of the rows that name none.
    public var priority: Priority?
    /// Not before, for the rows that say nothing of it.
    public var sendAt: Date?
    /// Not after, for the rows that say nothing of it.
    public var expiresAt: Date?
    /// The attachment of the rows that name none.
    public var mediaURL: String?
    /// What attachments are sent as, for the rows that do not say it; as written, since a row without one may have it.
    public var mediaType: String?
    /// The name shown for documents, for the rows that name none.
    public var fileName: String?
    /// One refused row rejects the file.
    public var isStrict = false
    /// The same bytes may be taken again.
    public var isForced = false

    public init() {}
}

/// Reads batch fields one by one, from the `# name: value` lines of a CSV file or the keys beside `messages`.
///
/// Names that are no batch fields are accepted and mean nothing yet.
struct BatchFieldParser: Sendable {
    private(set) var fields = BatchFields()
    private let values: ValueParser
    private let maximumField: Int
    private var seen: Set<String> = []

    init(rules: ReadingRules) {
        self.values = ValueParser(rules: rules)
        self.maximumField = rules.maximumField
    }

    /// - Parameter text: `nil` for a value that is no text.
    mutating func add(_ name: some Collection<UInt8>, _ text: String?) throws(Refusal) {
        guard let text = text?.trimmingSpaces else {
            let name = String(decoding: name, as: UTF8.self)
            throw Refusal(.validation, "\(name) must be a text, not an object or array", field: name)
        }
        guard !text.isEmpty else { return }
        if let field = MessageField.named(name)?.field {
            try self.add(field, text)
        } else if let field = Own.named(name) {
            try self.add(field, text)
        }
    }

    /// The batch fields that are no message fields.
    private enum Own: String, CaseIterable {
        case name, template, strict, force

        static func named(_ name: some Sequence<UInt8>) -> Own? {
            Self(rawValue: String(decoding: FieldName.folded(name), as: UTF8.self))
        }
    }

    /// Whether a key beside `messages` means something; the value of any other may be of any kind.
    static func isKnown(_ name: some Sequence<UInt8>) -> Bool {
        switch MessageField.named(name)?.field {
        case .number, .message, .ref, .tz: false
        case .mediaUrl, .mediaType, .fileName, .sessionId, .sendAt, .expiresAt, .priority: true
        case nil: Own.named(name) != nil
        }
    }

    /// Whether a key is one of the flags, which one message alone may carry too.
    static func isFlag(_ name: some Sequence<UInt8>) -> Bool {
        switch Own.named(name) {
        case .strict, .force: true
        case .name, .template, nil: false
        }
    }

    private mutating func add(_ field: Own, _ text: String) throws(Refusal) {
        try self.note(field.rawValue, text)
        switch field {
        case .name: self.fields.name = text
        case .template:
            throw Refusal(.template, "Templates are not supported by this version: write the text into each row")
        case .strict: self.fields.isStrict = try Self.flag(text, field)
        case .force: self.fields.isForced = try Self.flag(text, field)
        }
    }

    private mutating func add(_ field: MessageField, _ text: String) throws(Refusal) {
        switch field {
        case .number, .message, .ref, .tz: return
        case .mediaUrl: self.fields.mediaURL = text
        case .mediaType: self.fields.mediaType = text
        case .fileName: self.fields.fileName = text
        case .sessionId: self.fields.device = DeviceID(rawValue: text)
        case .sendAt: self.fields.sendAt = try self.values.moment(text, field)
        case .expiresAt: self.fields.expiresAt = try self.values.moment(text, field)
        case .priority: self.fields.priority = try self.values.priority(text)
        }
        try self.note(field.name, text)
    }

    private mutating func note(_ name: String, _ text: String) throws(Refusal) {
        guard text.utf8.count <= self.maximumField else {
            throw Refusal(.tooLarge, "The batch field \(name) is longer than \(self.maximumField) bytes", field: name)
        }
        guard self.seen.insert(name).inserted else {
            throw Refusal(.validation, "The batch field \(name) is given twice", field: name)
        }
    }

    private static func flag(_ text: String, _ field: Own) throws(Refusal) -> Bool {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: throw Refusal(.validation, "\(field.rawValue) must be true or false", field: field.rawValue)
        }
    }
}
