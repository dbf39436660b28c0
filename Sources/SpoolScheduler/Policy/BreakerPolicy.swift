/// When a device stops writing to strangers because too little of it arrives.
public struct BreakerPolicy: Equatable, Sendable {
    /// How many of the last cold messages are looked at; `nil` switches the breaker off.
    public var window: Int?
    /// The fewest that say anything.
    public var leastSamples: Int
    /// Below this share of delivered ones it opens.
    public var leastDelivered: Double
    /// How old a message must be to count; a receipt needs that long when the phone is on.
    public var age: Duration
    /// The first time it stays open; doubles each time it opens again before it has closed.
    public var first: Duration
    public var maximum: Duration

    public init(
        window: Int? = 20, leastSamples: Int = 8, leastDelivered: Double = 0.4, age: Duration = .seconds(900),
        first: Duration = .seconds(1800), maximum: Duration = .seconds(86400)
    ) {
        self.window = window
        self.leastSamples = leastSamples
        self.leastDelivered = leastDelivered
        self.age = age
        self.first = first
        self.maximum = maximum
    }
}
