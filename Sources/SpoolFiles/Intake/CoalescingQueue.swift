import SpoolCore
import Synchronization

/// A queue in which news about one thing replaces older news about it, so it never grows past the number of things.
///
/// Any number of writers, one reader.
final class CoalescingQueue<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var values: [Key: Value] = [:]
        /// Keys in the order of their first news; those before `head` are read.
        var order: [Key] = []
        var head = 0
        var isFinished = false

        mutating func popFirst() -> Value? {
            guard self.head < self.order.count else { return nil }
            let value = self.values.removeValue(forKey: self.order[self.head])
            self.head += 1
            if self.head == self.order.count {
                self.order.removeAll(keepingCapacity: true)
                self.head = 0
            }
            return value
        }
    }

    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    func put(_ value: Value, for key: Key) {
        self.state.withLock { state in
            if state.values.updateValue(value, forKey: key) == nil { state.order.append(key) }
        }
        self.wakeUp.ring()
    }

    /// Ends the reader's loop once it has read what is there.
    func finish() {
        self.state.withLock { $0.isFinished = true }
        self.wakeUp.ring()
    }

    /// The oldest news; `nil` after `finish`, or when the task is cancelled.
    func next() async -> Value? {
        while !Task.isCancelled {
            let (value, isFinished) = self.state.withLock { ($0.popFirst(), $0.isFinished) }
            if let value { return value }
            if isFinished { return nil }
            await self.wakeUp.wait()
        }
        return nil
    }
}
