public import Foundation
public import SpoolCore

/// When a queue will have been sent: by the devices' real states and the real rules, with an even course in place of
/// chance.
///
/// Walks message by message as long as that is quick, then goes on with the pace that each device keeps. Holds, outages
/// and what is still to come into the queue are not foreseen.
public struct Forecast: Sendable {
    /// A device that takes part.
    public struct Device: Sendable {
        public var id: DeviceID
        public var state: DeviceState

        public init(id: DeviceID, state: DeviceState) {
            self.id = id
            self.state = state
        }
    }

    /// How chance is taken to fall.
    public enum Course: Sendable {
        /// Every pause as short as it can be.
        case early
        case usual
        case late
    }

    /// How many messages of a planned batch a device sends of a lane on a day.
    public struct Day: Equatable, Sendable {
        public var device: DeviceID
        public var lane: Lane
        public var date: CivilDate
        public var count: Int
    }

    let lines: [QueueLine]
    let progress: [LineProgress]
    /// Of the planned batch, in order.
    public let days: [Day]

    /// - Parameters:
    ///   - devices: Those that can send or will by themselves; without any nothing is ever sent.
    ///   - lines: The whole queue.
    ///   - planned: The batch whose `days` are wanted.
    ///   - zone: Of the days.
    ///   - mostWalked: How many messages are walked one by one at most.
    public init(
        devices: [Device], lines: [QueueLine], zones: RecipientZones, now: Date, course: Course = .usual,
        planned: BatchID? = nil, zone: TimeZone = .gmt, mostWalked: Int = 30_000
    ) {
        var walk = ForecastWalk(devices, lines, zones, now, course, DayCount(planned, zone))
        walk.run(mostWalked)
        if walk.isLeft { walk.flow() }
        self.lines = lines
        self.progress = walk.progress
        self.days = walk.dayCount.days(of: devices.map(\.id))
    }

    /// When the last message of the batch will have left; `nil` when it has none here or one never leaves.
    public func completion(of batch: BatchID) -> Date? {
        self.latest(self.lines.indices.filter { self.lines[$0].batch == batch && self.lines[$0].count > 0 })
    }

    /// When the last message of all will have left.
    public var completion: Date? { self.latest(self.lines.indices.filter { self.lines[$0].count > 0 }) }

    /// When the first message of the batch will leave.
    public func beginning(of batch: BatchID) -> Date? {
        self.lines.indices.filter { self.lines[$0].batch == batch }.compactMap { self.time(ofMessage: 0, inLine: $0) }
            .min()
    }

    /// How many messages of the batch never leave.
    public func neverSent(of batch: BatchID) -> Int {
        self.lines.indices.filter { self.lines[$0].batch == batch }.reduce(0) { sum, line in
            sum + (self.progress[line].finishedAt == nil ? self.progress[line].left : 0)
        }
    }

    /// When a message will leave.
    /// - Parameters:
    ///   - position: How many of its line are before it.
    ///   - line: The line's place in `lines`.
    public func time(ofMessage position: Int, inLine line: Int) -> Date? {
        guard self.lines.indices.contains(line), position < self.lines[line].count else { return nil }
        return self.progress[line].time(of: position + 1)
    }

    private func latest(_ lines: [Int]) -> Date? {
        var latest: Date?
        for line in lines {
            guard let finishedAt = self.progress[line].finishedAt else { return nil }
            latest = max(latest ?? finishedAt, finishedAt)
        }
        return latest
    }

    /// `5-20 seconds`: how long a message takes that leaves at `early` if all goes well, and at `late` if not, its own
    /// gap included.
    public static func phrase(early: Date, late: Date, now: Date, pacing: PacingPolicy) -> String {
        Self.phrase(
            from: early.timeIntervalSince(now) + pacing.gap.lowerBound,
            to: late.timeIntervalSince(now) + pacing.gap.upperBound)
    }

    static func phrase(from low: TimeInterval, to high: TimeInterval) -> String {
        let (unit, name) =
            switch high {
            case ..<120: (1.0, "seconds")
            case ..<7200: (60.0, "minutes")
            case ..<172_800: (3600.0, "hours")
            default: (86400.0, "days")
            }
        let longest = 1e6
        let from = Int(min(max(low / unit, 0), longest).rounded(.down))
        let to = max(Int(min(max(high / unit, 0), longest).rounded(.up)), from + 1)
        return "\(from)-\(to) \(name)"
    }
}
