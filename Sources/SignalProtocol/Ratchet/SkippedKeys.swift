import CryptoPrimitives

/// The seeds of messages that were passed over and may still come, by ascending counter: 2000 at most, the oldest go.
struct SkippedKeys: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let counter: UInt32
        let seed: SecretBytes
    }

    static let limit = 2000

    private(set) var entries: [Entry] = []

    subscript(counter: UInt32) -> SecretBytes? {
        let position = self.position(of: counter)
        guard position < self.entries.count, self.entries[position].counter == counter else { return nil }
        return self.entries[position].seed
    }

    /// Adds seeds whose counters are all larger than those here.
    mutating func append(_ newEntries: [Entry]) {
        guard !newEntries.isEmpty else { return }
        self.entries.append(contentsOf: newEntries)
        self.entries.removeFirst(max(0, self.entries.count - Self.limit))
    }

    mutating func remove(_ counter: UInt32) {
        let position = self.position(of: counter)
        guard position < self.entries.count, self.entries[position].counter == counter else { return }
        self.entries.remove(at: position)
    }

    /// Removes up to `count`, and says how many.
    mutating func removeOldest(_ count: Int) -> Int {
        let removed = min(count, self.entries.count)
        self.entries.removeFirst(removed)
        return removed
    }

    /// The place of the first entry whose counter is not smaller.
    private func position(of counter: UInt32) -> Int {
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.entries[middle].counter < counter { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
