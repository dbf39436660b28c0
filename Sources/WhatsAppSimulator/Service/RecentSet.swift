/// The last so many values that were put in: for telling a repetition from something never seen, in bounded memory.
struct RecentSet<Element: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private var ring: [Element] = []
    private var position = 0
    private var elements: Set<Element> = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    func contains(_ element: Element) -> Bool { self.elements.contains(element) }

    /// - Returns: false when it is in there already.
    @discardableResult
    mutating func insert(_ element: Element) -> Bool {
        guard self.elements.insert(element).inserted else { return false }
        if self.ring.count < self.capacity {
            self.ring.append(element)
        } else {
            self.elements.remove(self.ring[self.position])
            self.ring[self.position] = element
            self.position = (self.position + 1) % self.capacity
        }
        return true
    }
}
