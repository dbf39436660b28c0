/// Keys by deadline, the earliest first: a binary heap.
struct DeadlineHeap<Key> {
    private var items: [(deadline: Duration, key: Key)] = []

    var count: Int { self.items.count }

    /// The earliest deadline.
    var first: Duration? { self.items.first?.deadline }

    mutating func insert(_ key: Key, at deadline: Duration) {
        self.items.append((deadline, key))
        var child = self.items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.items[child].deadline < self.items[parent].deadline else { return }
            self.items.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest item that is due at `now`.
    mutating func popDue(at now: Duration) -> (deadline: Duration, key: Key)? {
        guard let first = self.items.first, first.deadline <= now else { return nil }
        self.items.swapAt(0, self.items.count - 1)
        self.items.removeLast()
        var parent = 0
        while true {
            let children = (2 * parent + 1)..<min(2 * parent + 3, max(self.items.count, 2 * parent + 1))
            guard let least = children.min(by: { self.items[$0].deadline < self.items[$1].deadline }),
                self.items[least].deadline < self.items[parent].deadline
            else { return first }
            self.items.swapAt(parent, least)
            parent = least
        }
    }
}
