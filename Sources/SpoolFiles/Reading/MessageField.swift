/// The fields of a message that a drop file may give, by the contract's own names.
enum MessageField: Int, CaseIterable, Sendable {
    case number, message, mediaUrl, mediaType, fileName, sessionId, ref, sendAt, expiresAt, priority, tz

    /// The field's own name, as answers spell it.
    var name: String {
        switch self {
        case .number: "number"
        case .message: "message"
        case .mediaUrl: "mediaUrl"
        case .mediaType: "mediaType"
        case .fileName: "fileName"
        case .sessionId: "sessionId"
        case .ref: "ref"
        case .sendAt: "sendAt"
        case .expiresAt: "expiresAt"
        case .priority: "priority"
        case .tz: "tz"
        }
    }

    /// The other names under which the field is taken.
    var aliases: [String] {
        switch self {
        case .number: ["to", "phone", "mobile", "msisdn", "recipient"]
        case .message: ["text", "body", "caption"]
        case .mediaUrl: ["media", "attachment"]
        case .mediaType: ["type"]
        case .fileName: []
        case .sessionId: ["device", "deviceId"]
        case .ref: ["reference", "externalId", "clientRef"]
        case .sendAt: []
        case .expiresAt: ["validUntil"]
        case .priority: []
        case .tz: ["timezone"]
        }
    }

    /// The field of a column or key, and whether that is its own name; `nil` for the client's other columns.
    static func named(_ name: some Sequence<UInt8>) -> (field: MessageField, isOwnName: Bool)? {
        FieldName(name).flatMap { Self.byName[$0] }
    }

    private static let byName: [FieldName: (field: MessageField, isOwnName: Bool)] = {
        var names: [FieldName: (field: MessageField, isOwnName: Bool)] = [:]
        for field in Self.allCases {
            if let name = FieldName(field.name.utf8) { names[name] = (field, true) }
            for alias in field.aliases {
                if let name = FieldName(alias.utf8) { names[name] = (field, false) }
            }
        }
        return names
    }()
}
