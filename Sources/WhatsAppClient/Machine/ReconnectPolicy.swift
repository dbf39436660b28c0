/// How long to wait before the next connection.
///
/// Fibonacci numbers of seconds up to 15 minutes, a tenth more or less by chance so that devices do not come back all at
/// once. A connection counts as a success only after 30 s: one that is accepted and dropped at once would otherwise be
/// made every second.
struct ReconnectPolicy: Hashable, Sendable {
    static let longestDelay = Duration.seconds(900)
    static let successAfter = Duration.seconds(30)
    /// A server that rate-limits gets this many steps more.
    static let rateLimitSteps = 5
    /// The server may ask for a new connection at once, but not for ever.
    static let immediateRestarts = 3

    private(set) var failures = 0
    private var restarts = 0

    /// Notes that a connection ended that was accepted `duration` ago.
    mutating func connectionEnded(upFor duration: Duration) {
        guard duration >= Self.successAfter else { return }
        self = ReconnectPolicy()
    }

    mutating func delay(extraSteps: Int = 0, using generator: inout some RandomNumberGenerator) -> Duration {
        self.failures += 1 + extraSteps
        return Self.withJitter(Self.seconds(step: self.failures), using: &generator)
    }

    /// As seldom as it gets, for what waiting alone does not heal.
    mutating func longDelay(using generator: inout some RandomNumberGenerator) -> Duration {
        self.failures += 1
        return Self.withJitter(Self.longestDelay, using: &generator)
    }

    /// None for a restart that was asked for, unless that happens again and again.
    mutating func restartDelay(using generator: inout some RandomNumberGenerator) -> Duration {
        self.restarts += 1
        return self.restarts <= Self.immediateRestarts ? .zero : self.delay(using: &generator)
    }

    private static func seconds(step: Int) -> Duration {
        var (current, next) = (1, 1)
        for _ in 1..<max(step, 1) where .seconds(current) < self.longestDelay {
            (current, next) = (next, current + next)
        }
        return min(.seconds(current), self.longestDelay)
    }

    private static func withJitter(
        _ delay: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        delay * Double.random(in: 0.9...1.1, using: &generator)
    }
}
