import SpoolCore

/// The limits under which one device sends. A limit that is `nil` is off.
public struct PacingPolicy: Equatable, Sendable {
    /// The shortest and longest random gap between two messages of a device, from the end of one send to the next; the
    /// time it shows itself typing is part of it.
    public var minimumDelay: Duration
    public var maximumDelay: Duration
    /// The most messages in any 60 minutes, counted when they are handed to the connection.
    public var hourly: Int?
    /// The most messages in any 24 hours.
    public var daily: Int?
    /// After how many messages without a pause a device rests.
    public var restAfter: Int?
    /// How long it rests, ±20 %. An idle time as long counts as a rest.
    public var rest: Duration
    /// The most messages that may leave together, and share their commits, when no gap is asked for.
    public var burst: Int

    public init(
        minimumDelay: Duration = .seconds(5), maximumDelay: Duration = .seconds(20), hourly: Int? = 100,
        daily: Int? = 1000, restAfter: Int? = 30, rest: Duration = .seconds(300), burst: Int = 128
    ) {
        self.minimumDelay = minimumDelay
        self.maximumDelay = maximumDelay
        self.hourly = hourly
        self.daily = daily
        self.restAfter = restAfter
        self.rest = rest
        self.burst = burst
    }

    /// Seconds, in order.
    var gap: ClosedRange<Double> {
        let low = self.minimumDelay.seconds
        return low...max(low, self.maximumDelay.seconds)
    }
}
