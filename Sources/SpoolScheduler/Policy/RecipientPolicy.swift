import SpoolCore

/// How often one person is written to, over all devices.
public struct RecipientPolicy: Equatable, Sendable {
    /// The least time between two messages to one recipient; zero is off. A minute: two rows are two thoughts.
    public var gap: Duration
    /// How long a held repetition waits for a person before it fails; also the window in which a text repeats.
    public var repeatWindow: Duration?
    /// How long a stranger who has not answered is left alone. A day: who was asleep may still answer.
    public var unansweredPause: Duration?
    /// The most cold messages without an answer in 30 days.
    public var unansweredMonthly: Int?

    public init(profile: SchedulerPolicy.Profile = .standard) {
        self.gap = .seconds(60)
        self.repeatWindow = .seconds(86400)
        self.unansweredPause = profile == .careful ? .seconds(86400) : nil
        self.unansweredMonthly = profile == .careful ? 3 : nil
    }

    /// No rule at all.
    public static let off = {
        var policy = RecipientPolicy()
        policy.gap = .zero
        policy.repeatWindow = nil
        return policy
    }()

    /// Seconds. The service refuses more than one message in six seconds to one recipient, so a shorter gap than that
    /// is none at all or six seconds.
    var gapInForce: Double {
        self.gap == .zero ? 0 : max(self.gap.seconds, Self.shortestGap)
    }

    static let shortestGap = 6.0
}
