import Synchronization

/// Runs `body` when no other `body` runs: inotify can be used once per process, and tests share one.
public func asOnlyWatcher<Value>(_ body: () async throws -> Value) async throws -> Value {
    await WatcherTurn.begin()
    defer { WatcherTurn.end() }
    return try await body()
}

private enum WatcherTurn {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let state = Mutex(State())

    static func begin() async {
        await withCheckedContinuation { continuation in
            let isMine = Self.state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isMine { continuation.resume() }
        }
    }

    static func end() {
        let next = Self.state.withLock { state in
            if state.waiting.isEmpty {
                state.isTaken = false
                return nil as CheckedContinuation<Void, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
