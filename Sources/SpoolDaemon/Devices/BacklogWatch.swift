import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler

/// Counts what waits for each device, for the spreading: the lines every few seconds, and what of them has to wait for
/// a moment every minute, however many turns there are.
actor BacklogWatch {
    private let reader: QueueReader
    private var lines: (entries: [BacklogEntry], at: Date)?
    private var waiting: (entries: [WaitingEntry], at: Date)?

    private static let linesLast = 5.0
    private static let waitingLasts = 60.0
    private static let span = Duration.seconds(600)

    init(reader: QueueReader) {
        self.reader = reader
    }

    /// Tells the board anew when what it knows is old.
    func refresh(_ board: DeviceBoard, at now: Date) async throws(QueueError) {
        guard await board.policy.spreading, Self.isOld(self.lines?.at, Self.linesLast, now) else { return }
        // Others who ask meanwhile go on with what there is.
        self.lines = (self.lines?.entries ?? [], now)
        let entries = try await self.reader.backlog()
        self.lines = (entries, now)
        if Self.isOld(self.waiting?.at, Self.waitingLasts, now) {
            self.waiting = (self.waiting?.entries ?? [], now)
            self.waiting = (try await self.reader.waiting(after: now, spans: Self.span), now)
        }
        let counts = Self.count(entries, self.waiting?.entries ?? [], at: now)
        await board.setBacklog(own: counts.own, shared: counts.shared)
    }

    private static func isOld(_ moment: Date?, _ length: TimeInterval, _ now: Date) -> Bool {
        guard let moment else { return true }
        return abs(now.timeIntervalSince(moment)) >= length
    }

    /// What is due within the hour and the day: all that waits, without what has to wait for longer.
    static func count(
        _ lines: [BacklogEntry], _ waiting: [WaitingEntry], at now: Date
    ) -> (own: [DeviceID: Backlog], shared: Backlog) {
        let (hour, day) = (now.addingTimeInterval(3600), now.addingTimeInterval(86400))
        var counts: [DeviceID?: Backlog] = [:]
        var dueFrom: [LineName: Date] = [:]
        for line in lines where !line.isHeld {
            let due = line.dueFrom ?? now
            dueFrom[LineName(line)] = due
            if due < hour { counts[line.owner, default: .none].hour += line.pending }
            if due < day { counts[line.owner, default: .none].day += line.pending }
        }
        for entry in waiting {
            guard let due = dueFrom[LineName(entry)] else { continue }
            if due < hour, entry.until > hour { counts[entry.owner, default: .none].hour -= entry.count }
            if due < day, entry.until > day { counts[entry.owner, default: .none].day -= entry.count }
        }
        // The two are counted at different times.
        let known = counts.mapValues { Backlog(hour: max(0, $0.hour), day: max(0, $0.day)) }
        var own: [DeviceID: Backlog] = [:]
        for (device, backlog) in known { if let device { own[device] = backlog } }
        return (own, known[nil] ?? .none)
    }

    private struct LineName: Hashable {
        var batch: BatchID
        var priority: Priority
        var owner: DeviceID?
        var lane: Lane

        init(_ entry: BacklogEntry) {
            (self.batch, self.priority, self.owner, self.lane) = (entry.batch, entry.priority, entry.owner, entry.lane)
        }

        init(_ entry: WaitingEntry) {
            (self.batch, self.priority, self.owner, self.lane) = (entry.batch, entry.priority, entry.owner, entry.lane)
        }
    }
}
