import WhatsAppBinary

/// Everything sent that somebody waits for an answer to. Nothing waits for ever: all have the same time.
struct RequestTable<Waiter: Sendable>: Sendable {
    static var timeout: Duration { .seconds(75) }

    /// What answers: an `iq` of type `result` or `error`, or the `ack` of a message, with the same id.
    struct Key: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case query, message
        }

        let kind: Kind
        let id: String

        init(_ kind: Kind, _ id: String) {
            self.kind = kind
            self.id = id
        }

        /// What a stanza may be the answer to.
        init?(answer: Node) {
            guard let id = answer.string("id") else { return nil }
            switch (answer.tag, answer.string("type"), answer.string("class")) {
            // The other types are requests, whatever their id.
            case ("iq", "result", _), ("iq", "error", _): self.init(.query, id)
            case ("ack", _, "message"?), ("ack", _, nil): self.init(.message, id)
            default: return nil
            }
        }
    }

    struct Request: Sendable {
        let waiter: Waiter
        /// Whether the pipe was given a byte of it.
        var mayHaveLeft = false
        fileprivate let number: UInt64
    }

    private struct Due: Sendable {
        let key: Key
        let number: UInt64
        let time: Duration
    }

    private var requests: [Key: Request] = [:]
    /// In the order of sending, which is that of time, as all wait equally long. Those answered are dropped when they come
    /// to the front.
    private var due = FIFO<Due>()
    private var nextNumber: UInt64 = 0

    var isEmpty: Bool { self.requests.isEmpty }

    /// When the oldest is overdue.
    var deadline: Duration? { self.due.first?.time }

    func contains(_ key: Key) -> Bool { self.requests[key] != nil }

    mutating func insert(_ waiter: Waiter, for key: Key, now: Duration) {
        self.nextNumber += 1
        self.requests[key] = Request(waiter: waiter, number: self.nextNumber)
        self.due.append(Due(key: key, number: self.nextNumber, time: now + Self.timeout))
    }

    mutating func markLeft(_ key: Key) {
        self.requests[key]?.mayHaveLeft = true
    }

    /// Takes out a request that was answered or given up.
    mutating func remove(_ key: Key) -> Request? {
        defer { self.dropAnswered() }
        return self.requests.removeValue(forKey: key)
    }

    /// Takes out those that waited long enough, the oldest first.
    mutating func removeOverdue(now: Duration) -> [Request] {
        var overdue: [Request] = []
        while let first = self.due.first, first.time <= now, let request = self.remove(first.key) {
            overdue.append(request)
        }
        return overdue
    }

    mutating func removeAll() -> [Request] {
        defer {
            self.requests = [:]
            self.due = FIFO()
        }
        return self.requests.values.sorted { $0.number < $1.number }
    }

    private mutating func dropAnswered() {
        while let first = self.due.first, self.requests[first.key]?.number != first.number { self.due.removeFirst() }
    }
}
