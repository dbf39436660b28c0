/// How a device rests after temporary failures in a row, which say that the service or the network wants less of it.
public struct CooldownPolicy: Equatable, Sendable {
    /// How many failures in a row; `nil` never cools down. Three: one is chance, and a dozen is a quarter of an hour.
    public var failures: Int?
    /// The first cooldown; each further failure without a success doubles it.
    public var first: Duration
    /// Where the doubling ends; `nil` nowhere.
    public var maximum: Duration?

    public init(failures: Int? = 3, first: Duration = .seconds(300), maximum: Duration? = .seconds(3600)) {
        self.failures = failures
        self.first = first
        self.maximum = maximum
    }
}
