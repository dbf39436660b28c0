import Foundation

/// A sliding window: at most `limit` sends in any `window`.
struct SendingCap: Equatable, Sendable {
    let limit: Int
    /// Seconds.
    let window: TimeInterval

    /// How many more sends the window has room for at `now`; never negative.
    func room(at now: Date, after sends: SendTimes) -> Int {
        max(0, self.limit - sends.count(after: now.addingTimeInterval(-self.window)))
    }

    /// When the window has room again; `now` itself when it has.
    func nextRoom(at now: Date, after sends: SendTimes) -> Date {
        guard self.limit > 0 else { return .distantFuture }
        guard let blocking = sends.send(fromLast: self.limit) else { return now }
        return max(now, blocking.addingTimeInterval(self.window))
    }
}
