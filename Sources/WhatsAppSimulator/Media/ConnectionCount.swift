import Synchronization

/// How many connections there are, and whether there may be one more.
final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: false when there are too many.
    func enter() -> Bool {
        self.count.withLock { count in
            guard count < self.limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { self.count.withLock { $0 -= 1 } }
}
