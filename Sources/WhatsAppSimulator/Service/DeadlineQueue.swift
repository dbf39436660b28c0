import Foundation

/// What is to be done later, the earliest first; of two at the same time the one that was put in first.
struct DeadlineQueue<Work: Sendable>: Sendable {
    private struct Entry: Sendable {
        let due: Date
        let number: Int
        let work: Work

        static func < (left: Entry, right: Entry) -> Bool {
            left.due == right.due ? left.number < right.number : left.due < right.due
        }
    }

    /// A binary heap.
    private var heap: [Entry] = []
    private var nextNumber = 0

    /// When the earliest is due.
    var earliest: Date? { self.heap.first?.due }

    mutating func insert(_ work: Work, due: Date) {
        self.heap.append(Entry(due: due, number: self.nextNumber, work: work))
        self.nextNumber += 1
        var child = self.heap.count - 1
        while child > 0, self.heap[child] < self.heap[(child - 1) / 2] {
            self.heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest, if it is due.
    mutating func next(until now: Date) -> Work? {
        guard let first = self.heap.first, first.due <= now else { return nil }
        let last = self.heap.removeLast()
        guard !self.heap.isEmpty else { return first.work }
        self.heap[0] = last
        self.sink()
        return first.work
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < self.heap.count && self.heap[child] < self.heap[smallest] {
                smallest = child
            }
            guard smallest != parent else { return }
            self.heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
