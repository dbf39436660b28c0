public import Foundation

/// What time it is. Services take one as an argument, so that tests decide.
public protocol WallClock: Sendable {
    /// The current moment.
    var now: Date { get }
}

/// The machine's own clock.
public struct SystemWallClock: WallClock {
    public init() {}

    public var now: Date { Date() }
}

extension Date {
    /// Whole milliseconds since 1970, the form of every stored time.
    public var milliseconds: Int64 {
        Int64((self.timeIntervalSince1970 * 1000).rounded())
    }

    /// Reads a stored time.
    public init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

extension Duration {
    /// The length in seconds, for arithmetic with `Date`.
    public var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) * 1e-18
    }
}
