import WhatsAppBinary

// Ids, addresses and times in stanzas are short. What is longer is not kept, so that memory is bounded where things are
// counted by their number.
extension String {
    /// The longest that is kept, in UTF-8 bytes.
    static let shortLimit = 128

    var isShort: Bool { self.utf8.count <= Self.shortLimit }

    /// What stands at the beginning, in at most this many bytes and a replacement character.
    func cut(toBytes limit: Int) -> String {
        self.utf8.count <= limit ? self : String(decoding: self.utf8.prefix(limit), as: UTF8.self)
    }
}

extension Node {
    /// Whether none of the stanza's own attributes is longer than an address can be.
    var hasShortAttributes: Bool {
        self.attributes.allSatisfy { attribute in
            switch attribute.value {
            case .string(let text): text.utf8.count <= JID.maximumUserLength + JID.maximumServerLength + 16
            case .jid: true
            }
        }
    }
}
