public import Foundation
import SpoolCore

/// The growing delay between attempts of one message, and when they end.
public struct BackOff: Equatable, Sendable {
    /// The delay after the first attempt; each further one doubles it.
    public var first: Duration
    /// The longest delay; `nil` for no bound.
    public var maximum: Duration?
    /// How long after the first attempt the last one may begin; `nil` for ever.
    public var giveUpAfter: Duration?

    public init(
        first: Duration = .seconds(300), maximum: Duration? = .seconds(4000), giveUpAfter: Duration? = .seconds(86400)
    ) {
        self.first = first
        self.maximum = maximum
        self.giveUpAfter = giveUpAfter
    }

    /// When to try again after `attempts` failed ones, up to 10 % later at random so that many do not come together;
    /// `nil` when that would be too long after the first attempt.
    public func nextAttempt(
        after attempts: Int, firstAttemptAt: Date, now: Date, using generator: inout some RandomNumberGenerator
    ) -> Date? {
        let doublings = Double(min(max(attempts, 1) - 1, 60))
        let delay = min(self.first.seconds * pow(2, doublings), self.maximum?.seconds ?? .greatestFiniteMagnitude)
        let next = now.addingTimeInterval(min(delay, 10 * 365 * 86400) * generator.uniform(in: 1...1.1))
        guard let giveUpAfter = self.giveUpAfter else { return next }
        return next.timeIntervalSince(firstAttemptAt) <= giveUpAfter.seconds ? next : nil
    }
}
