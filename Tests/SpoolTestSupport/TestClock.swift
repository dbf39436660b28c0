import Synchronization

/// A clock that stands still until a test moves it.
///
/// A test first waits until the code under test sleeps (`sleepers(atLeast:)`), then moves the clock (`advance(by:)`),
/// so it never depends on real time.
public final class TestClock: Clock, Sendable {
    public struct Instant: InstantProtocol {
        /// The time since the clock was made.
        public var offset: Duration

        public init(offset: Duration) {
            self.offset = offset
        }

        public func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }

        public func duration(to other: Instant) -> Duration { other.offset - self.offset }

        public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        var id: Int
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var watchers: [Watcher] = []

        mutating func takeSatisfiedWatchers() -> [Watcher] {
            let count = self.sleepers.count
            let satisfied = self.watchers.filter { $0.count <= count }
            self.watchers.removeAll { $0.count <= count }
            return satisfied
        }

        mutating func removeWatcher(_ id: Int) -> [Watcher] {
            let removed = self.watchers.filter { $0.id == id }
            self.watchers.removeAll { $0.id == id }
            return removed
        }
    }

    private let state = Mutex(State())

    public init() {}

    public var now: Instant { self.state.withLock { $0.now } }

    public var minimumResolution: Duration { .nanoseconds(1) }

    /// How many sleeps are under way.
    public var sleeperCount: Int { self.state.withLock { $0.sleepers.count } }

    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.enter(id, Sleeper(deadline: deadline, continuation: continuation))
            }
        } onCancel: {
            self.cancel(id)
        }
    }

    /// Moves the clock and wakes every sleep that has come due, the earliest first.
    public func advance(by duration: Duration) {
        let due = self.state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Returns when at least `count` sleeps are under way, or when the task is cancelled.
    public func sleepers(atLeast count: Int) async {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let satisfied = self.state.withLock { state in
                    state.watchers.append(Watcher(id: id, count: count, continuation: continuation))
                    return Task.isCancelled ? state.removeWatcher(id) : state.takeSatisfiedWatchers()
                }
                for watcher in satisfied { watcher.continuation.resume() }
            }
        } onCancel: {
            for watcher in self.state.withLock({ $0.removeWatcher(id) }) { watcher.continuation.resume() }
        }
    }

    private enum Entry {
        case sleeps([Watcher])
        case isDue
        case wasCancelled
    }

    private func enter(_ id: Int, _ sleeper: Sleeper) {
        let entry: Entry = self.state.withLock { state in
            if state.cancelled.remove(id) != nil { return .wasCancelled }
            if sleeper.deadline <= state.now { return .isDue }
            state.sleepers[id] = sleeper
            return .sleeps(state.takeSatisfiedWatchers())
        }
        switch entry {
        case .sleeps(let watchers): for watcher in watchers { watcher.continuation.resume() }
        case .isDue: sleeper.continuation.resume()
        case .wasCancelled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    private func cancel(_ id: Int) {
        let sleeper = self.state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: id)
            // The cancellation may come before the sleep was entered.
            if sleeper == nil { state.cancelled.insert(id) }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
