public import Foundation

/// The clocks of a session, and how it waits.
public struct SessionTime: Sendable {
    /// Since the session's clock was made.
    public let uptime: @Sendable () -> Duration
    /// The time on the wall.
    public let date: @Sendable () -> Date
    let sleepUntil: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - clock: for everything that waits; one that goes on while the machine sleeps is the better one.
    ///   - date: the time on the wall, for certificates and what is told to the server.
    public init(clock: some Clock<Duration>, date: @escaping @Sendable () -> Date) {
        let start = clock.now
        self.uptime = { start.duration(to: clock.now) }
        self.date = date
        self.sleepUntil = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// Waits until the session's clock stands at this.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func sleep(until uptime: Duration) async throws {
        try await self.sleepUntil(uptime)
    }

    var now: Moment { Moment(uptime: self.uptime(), date: self.date()) }
}

/// A generator of any kind, as an actor can keep it.
struct SessionGenerator: RandomNumberGenerator, Sendable {
    private var base: any RandomNumberGenerator & Sendable

    init(_ base: some RandomNumberGenerator & Sendable) {
        self.base = base
    }

    mutating func next() -> UInt64 { self.base.next() }
}
