import WhatsAppBinary

/// The stanzas a device has not acknowledged yet, in their order. They are sent again at every login.
struct StanzaQueue: Sendable {
    /// How an acknowledgement names a stanza.
    struct Key: Hashable, Sendable {
        /// The stanza's tag.
        let kind: String
        let id: String
        let from: String
        /// Of everything but messages; empty when there is none.
        let type: String
    }

    private var entries: [Int: (key: Key, stanza: Node)] = [:]
    private var numbers: [Key: Int] = [:]
    private var nextNumber = 0
    private var settled = RecentSet<Key>(capacity: 1 << 16)

    var count: Int { self.entries.count }

    /// All of them, the oldest first.
    var stanzas: [Node] { self.entries.sorted { $0.key < $1.key }.map(\.value.stanza) }

    /// Puts a stanza in; one with the same key keeps its place.
    mutating func append(_ stanza: Node) {
        guard let key = Key(stanza), self.numbers[key] == nil else { return }
        self.entries[self.nextNumber] = (key, stanza)
        self.numbers[key] = self.nextNumber
        self.nextNumber += 1
    }

    /// Whether the device has yet to acknowledge a notification from this address.
    func holdsNotification(from address: String) -> Bool {
        self.entries.values.contains { $0.key.kind == "notification" && $0.key.from == address }
    }

    enum Settlement: Sendable {
        case settled(Node)
        /// It was acknowledged before.
        case again
        /// Nothing of that name was sent.
        case unknown
    }

    mutating func settle(_ key: Key) -> Settlement {
        guard let number = self.numbers.removeValue(forKey: key), let entry = self.entries.removeValue(forKey: number)
        else { return self.settled.contains(key) ? .again : .unknown }
        self.settled.insert(key)
        return .settled(entry.stanza)
    }
}

extension StanzaQueue.Key {
    init?(_ stanza: Node) {
        guard let id = stanza.string("id"), let from = stanza.string("from") else { return nil }
        let type = stanza.tag == "message" ? nil : stanza.string("type")
        self.init(kind: stanza.tag, id: id, from: from, type: type ?? "")
    }
}
