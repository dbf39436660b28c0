/// The part of a serialized message that counts for its reporting token: some fields, in the encoding they have.
enum ReportableContent {
    /// What happens to a field.
    private indirect enum Rule {
        case keep, drop
        /// Keep what the rules keep of the message in it, and the field itself if anything is left.
        case within([UInt64: Rule])
    }

    /// Which part of plain text, of text with context or preview, and of images counts. A field that stands nowhere
    /// here may count or not.
    private static let rules: [UInt64: Rule] = [
        1: .keep,  // conversation
        3: .within(imageRules),
        6: .within(extendedTextRules),
        35: .drop,  // messageContextInfo
    ]
    private static let extendedTextRules: [UInt64: Rule] = [
        1: .keep,  // text
        2: .drop,  // matchedText
        6: .drop,  // title
        17: .within(contextRules),
    ]
    private static let imageRules: [UInt64: Rule] = [
        1: .drop,  // URL
        2: .keep,  // mimetype
        3: .keep,  // caption
        4: .drop,  // fileSHA256
        5: .drop,  // fileLength
        6: .drop,  // height
        7: .drop,  // width
        8: .keep,  // mediaKey
        9: .drop,  // fileEncSHA256
        11: .keep,  // directPath
        12: .drop,  // mediaKeyTimestamp
        16: .drop,  // JPEGThumbnail
    ]
    private static let contextRules: [UInt64: Rule] = [
        1: .drop,  // stanzaID
        2: .drop,  // participant
        3: .drop,  // quotedMessage
        15: .drop,  // mentionedJID
    ]

    /// `nil` for a message with a field that has no rule, and for bytes that are no message.
    static func filter(_ message: [UInt8]) -> [UInt8]? {
        self.filter(message[...], self.rules)
    }

    private static func filter(_ message: ArraySlice<UInt8>, _ rules: [UInt64: Rule]) -> [UInt8]? {
        var fields: [(number: UInt64, bytes: [UInt8])] = []
        var reader = WireReader(message)
        while !reader.isAtEnd {
            guard let field = reader.next(), let rule = rules[field.number] else { return nil }
            switch rule {
            case .drop: break
            case .keep: fields.append((field.number, Array(field.bytes)))
            case .within(let rules):
                guard let content = field.content, let kept = self.filter(content, rules) else { return nil }
                guard !kept.isEmpty else { break }
                fields.append((field.number, field.tag + WireReader.varint(UInt64(kept.count)) + kept))
            }
        }
        return fields.sorted { $0.number < $1.number }.flatMap(\.bytes)
    }
}

/// Walks over the fields of a serialized protobuf message.
private struct WireReader {
    struct Field {
        let number: UInt64
        /// The field as it stands there, and its tag alone.
        let bytes: ArraySlice<UInt8>
        let tag: ArraySlice<UInt8>
        /// What is in it, when it is of the kind that has a length.
        let content: ArraySlice<UInt8>?
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) {
        self.rest = message
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    /// `nil` when the field is cut short or of a kind that is no longer used.
    mutating func next() -> Field? {
        let whole = self.rest
        guard let key = self.varint() else { return nil }
        let tag = whole[..<self.rest.startIndex]
        var content: ArraySlice<UInt8>?
        switch key & 7 {
        case 0: guard self.varint() != nil else { return nil }
        case 1: guard self.take(8) != nil else { return nil }
        case 2:
            guard let count = self.varint(), let taken = self.take(count) else { return nil }
            content = taken
        case 5: guard self.take(4) != nil else { return nil }
        default: return nil
        }
        return Field(number: key >> 3, bytes: whole[..<self.rest.startIndex], tag: tag, content: content)
    }

    private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
        guard count <= UInt64(self.rest.count) else { return nil }
        let taken = self.rest.prefix(Int(count))
        self.rest = self.rest.dropFirst(Int(count))
        return taken
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = self.rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}
