/// When a batch looks like a list of guessed or stale numbers, which is what gets accounts banned.
public struct BadListPolicy: Equatable, Sendable {
    /// Above this share of numbers that are not on WhatsApp the batch is held; `nil` never.
    public var share: Double?
    /// How many of the batch's last numbers are looked at.
    public var window: Int
    /// The fewest that say anything.
    public var leastSeen: Int

    public init(share: Double? = 0.3, window: Int = 50, leastSeen: Int = 20) {
        self.share = share
        self.window = window
        self.leastSeen = leastSeen
    }
}
