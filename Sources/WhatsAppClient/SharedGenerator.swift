import Synchronization

/// A generator for several tasks and for transactions: each number is given out once.
public final class SharedGenerator: RandomNumberGenerator, Sendable {
    // A lock, as transactions are synchronous and cannot wait for an actor.
    private let base: Mutex<any RandomNumberGenerator & Sendable>

    public init(_ base: some RandomNumberGenerator & Sendable) {
        self.base = Mutex(base)
    }

    public func next() -> UInt64 { self.base.withLock { $0.next() } }
}
