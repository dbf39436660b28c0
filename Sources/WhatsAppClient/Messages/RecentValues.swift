/// Values by key, of the keys that were set last: the oldest are forgotten.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Key: Value] = [:]
    private var order = FIFO<Key>()

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { self.values.count }

    /// Setting `nil` forgets the key.
    subscript(key: Key) -> Value? {
        get { self.values[key] }
        set {
            guard let newValue else {
                if self.values.removeValue(forKey: key) != nil { self.order.removeAll { $0 == key } }
                return
            }
            if self.values.updateValue(newValue, forKey: key) == nil { self.order.append(key) }
            while self.values.count > self.limit, let oldest = self.order.removeFirst() {
                self.values[oldest] = nil
            }
        }
    }

    /// Forgets all keys of which this holds; costs a walk over all.
    mutating func removeAll(where isUnwanted: (Key) -> Bool) {
        self.values = self.values.filter { !isUnwanted($0.key) }
        self.order.removeAll(where: isUnwanted)
    }
}
