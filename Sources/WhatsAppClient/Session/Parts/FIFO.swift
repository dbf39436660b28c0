/// A queue: elements leave in the order in which they came, each at constant cost.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { self.elements.count - self.head }
    var isEmpty: Bool { self.count == 0 }
    var first: Element? { self.isEmpty ? nil : self.elements[self.head] }

    mutating func append(_ element: Element) {
        self.elements.append(element)
    }

    @discardableResult
    mutating func removeFirst() -> Element? {
        guard !self.isEmpty else { return nil }
        let element = self.elements[self.head]
        self.elements[self.head] = nil
        self.head += 1
        if self.isEmpty {
            self.elements.removeAll(keepingCapacity: self.elements.capacity <= 1024)
            self.head = 0
        } else if self.head >= 64, self.head >= self.count {
            // The larger part is gone, so each element is moved once on average.
            self.elements.removeFirst(self.head)
            self.head = 0
        }
        return element
    }

    /// Takes out what does not belong any more; costs a walk over all.
    mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        self.elements = self.elements[self.head...].filter { element in element.map { !isUnwanted($0) } ?? false }
        self.head = 0
    }
}

extension FIFO: Sendable where Element: Sendable {}
