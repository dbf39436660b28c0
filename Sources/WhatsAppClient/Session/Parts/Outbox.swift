/// What waits to be written. Encryption happens when something is taken, so that the order of the counters is that of the
/// wire, and what was not taken has not left.
struct Outbox: Sendable {
    typealias SentContinuation = CheckedContinuation<Result<Void, ClientError>, Never>

    enum Content: Sendable {
        /// Bytes of the handshake, as they are.
        case plain([UInt8])
        /// An encoded stanza, to be encrypted.
        case payload([UInt8])
        /// Close the pipe.
        case close
    }

    struct Item: Sendable {
        let content: Content
        /// The request this is.
        var request: SessionRequestTable.Key?
        /// Who waits until it was handed over, and the number to take it back by.
        var sent: SentContinuation?
        var sendNumber: UInt64 = 0
    }

    private var items = FIFO<Item>()
    /// After a close nothing more is taken in.
    private var isClosed = false

    var count: Int { self.items.count }

    /// - Returns: false when it is too late.
    mutating func append(_ item: Item) -> Bool {
        guard !self.isClosed else { return false }
        if case .close = item.content { self.isClosed = true }
        self.items.append(item)
        return true
    }

    mutating func takeFirst() -> Item? { self.items.removeFirst() }

    /// Takes back what was not taken yet.
    mutating func remove(where isUnwanted: (Item) -> Bool) -> [Item] {
        var removed: [Item] = []
        self.items.removeAll { item in
            guard isUnwanted(item) else { return false }
            removed.append(item)
            return true
        }
        return removed
    }
}
