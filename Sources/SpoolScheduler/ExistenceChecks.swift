public import Foundation

/// When a device may ask whether a number is on WhatsApp. Accounts have been banned for asking about ten thousand.
///
/// Numbers are asked about just before they are written to, never in advance, and no more in an hour than may be sent.
public struct ExistenceChecks: Equatable, Codable, Sendable {
    private var times: [Date] = []

    private static let window = 3600.0
    /// Also where no hourly cap is set, or a higher one.
    private static let most = 1000
    private static let positive = 30 * 86400.0
    private static let negative = 7 * 86400.0

    public init() {}

    /// Whether a question may be put now; else when.
    /// - Parameter pause: Until when the service wants no questions: `DeviceState.queryPause(.existence)`.
    public func nextQuestion(at now: Date, pause: Date?, _ policy: PacingPolicy) -> Date {
        let cap = policy.hourly.map { $0 > 0 ? $0 : Self.most } ?? Self.most
        let most = min(cap, Self.most)
        let latest = self.times.filter { now.timeIntervalSince($0) < Self.window }
        let free = latest.count < most ? now : latest[latest.count - most].addingTimeInterval(Self.window)
        return max(free, pause ?? now, now)
    }

    public mutating func record(at now: Date) {
        self.times.removeAll { now.timeIntervalSince($0) >= Self.window }
        self.times.append(max(now, self.times.last ?? now))
        self.times.removeFirst(max(0, self.times.count - Self.most))
    }

    /// Whether an answer still holds: 30 days that a number is there, 7 that it is not.
    public static func holds(_ isOnWhatsApp: Bool, foundAt: Date, now: Date) -> Bool {
        now.timeIntervalSince(foundAt) < (isOnWhatsApp ? Self.positive : Self.negative)
    }

    /// A clock that was ahead is right again.
    public mutating func correct(at now: Date) {
        self.times = self.times.map { min($0, now) }
    }
}
