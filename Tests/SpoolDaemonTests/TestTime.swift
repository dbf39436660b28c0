import Foundation
import SpoolCore
import SpoolTestSupport

/// The wall clock and the clock that services sleep by, moved together.
struct TestTime: Sendable {
    /// 2026-11-21T12:00:00Z.
    static let noon = Date(milliseconds: 1_795_262_400_000)

    let wall = StepWallClock(Self.noon)
    let clock = TestClock()

    var now: Date { self.wall.now }

    func advance(by duration: Duration) {
        self.wall.advance(by: duration)
        self.clock.advance(by: duration)
    }

    /// Returns when this many loops have nothing to do but sleep. A sleep that came due does not count any more.
    func idle(_ loops: Int = 1) async throws {
        let clock = self.clock
        try await waiting(for: "\(loops) loops to sleep") { await clock.sleepers(atLeast: loops) }
    }

    /// Lets each loop that sleeps see the time in steps, and waits after each until all sleep again.
    func pass(_ duration: Duration, by step: Duration, loops: Int = 1) async throws {
        var passed = Duration.zero
        while passed < duration {
            try await self.idle(loops)
            self.advance(by: min(step, duration - passed))
            passed += step
        }
        try await self.idle(loops)
    }
}

extension Date {
    static func + (date: Date, duration: Duration) -> Date { date.addingTimeInterval(duration.seconds) }
    static func - (date: Date, duration: Duration) -> Date { date.addingTimeInterval(-duration.seconds) }
}
