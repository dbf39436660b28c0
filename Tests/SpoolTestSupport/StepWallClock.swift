public import Foundation
public import SpoolCore
import Synchronization

/// A wall clock that always tells the same time.
public struct FixedWallClock: WallClock {
    public let now: Date

    public init(_ now: Date) {
        self.now = now
    }
}

/// A wall clock that a test sets.
public final class StepWallClock: WallClock {
    private let time: Mutex<Date>

    public init(_ now: Date) {
        self.time = Mutex(now)
    }

    public var now: Date { self.time.withLock { $0 } }

    public func advance(by duration: Duration) {
        self.time.withLock { $0.addTimeInterval(duration.seconds) }
    }

    public func set(to date: Date) {
        self.time.withLock { $0 = date }
    }
}
