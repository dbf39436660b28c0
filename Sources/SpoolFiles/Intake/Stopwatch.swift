/// Time since a moment, on any clock.
struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        self.read = { start.duration(to: clock.now) }
        self.wait = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    var elapsed: Duration { self.read() }

    /// Sleeps until this much time has gone by since the start, and not a moment longer if it has already.
    func sleep(until elapsed: Duration) async throws {
        try await self.wait(elapsed)
    }
}
