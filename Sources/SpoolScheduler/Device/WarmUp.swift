import Foundation

/// The first days of a device, in which it writes to few strangers: 20, 36, 65, 117, 210, 378 and 680 a day.
///
/// Begins with the first message, and again after 72 idle hours, a ban or a new link. A bad sign on the way stops the
/// climb for three days, in which three quarters of the day's number is left.
struct WarmUp: Equatable, Codable, Sendable {
    private(set) var startedAt: Date?
    private(set) var lastSend: Date?
    /// Seconds of earlier stops, which do not count as days.
    private var stopped: Double = 0
    private var stop: Stop?

    private struct Stop: Equatable, Codable, Sendable {
        var from: Date
        var until: Date
    }

    static let days = 7
    static let idle = 72 * 3600.0
    static let stopLength = 3 * 86400.0
    static let stopShare = 0.75

    /// What is allowed on a day, counted from one.
    struct Allowance: Equatable {
        var cap: Int
        var day: Int
    }

    /// `nil` when the device is warm.
    func allowance(at now: Date) -> Allowance? {
        let day = self.day(at: now)
        guard day < Self.days else { return nil }
        let cap = (20 * pow(1.8, Double(day))).rounded()
        let share = self.isStopped(at: now) ? Self.stopShare : 1
        return Allowance(cap: Int(cap * share), day: day + 1)
    }

    /// When the allowance next grows; `nil` before the first message.
    func nextRise(after now: Date) -> Date? {
        guard self.startedAt != nil, !self.isIdle(at: now) else { return nil }
        if self.isStopped(at: now) { return self.stop?.until }
        return now.addingTimeInterval(Double(self.day(at: now) + 1) * 86400 - self.progress(at: now))
    }

    mutating func record(_ moment: Date) {
        if self.startedAt == nil || self.isIdle(at: moment) {
            self = WarmUp()
            self.startedAt = moment
        }
        self.lastSend = max(self.lastSend ?? moment, moment)
    }

    /// A ban is over, or the device was linked anew: it begins with the next message.
    mutating func restart() { self = WarmUp() }

    /// The service has shown that it does not like what the device does.
    mutating func stop(at now: Date) {
        guard self.startedAt != nil, self.day(at: now) < Self.days else { return }
        let until = now.addingTimeInterval(Self.stopLength)
        if let stop = self.stop {
            if stop.until > now {
                self.stop?.until = until
                return
            }
            self.stopped += stop.until.timeIntervalSince(stop.from)
        }
        self.stop = Stop(from: now, until: until)
    }

    mutating func correct(at now: Date) {
        self.startedAt = self.startedAt.map { min($0, now) }
        self.lastSend = self.lastSend.map { min($0, now) }
        if let stop = self.stop, stop.from > now { self.stop = nil }
    }

    private func isIdle(at now: Date) -> Bool {
        guard let last = self.lastSend else { return true }
        return now.timeIntervalSince(last) >= Self.idle
    }

    private func isStopped(at now: Date) -> Bool { self.stop.map { $0.from <= now && now < $0.until } ?? false }

    private func day(at now: Date) -> Int {
        guard !self.isIdle(at: now) else { return 0 }
        return max(0, Int(min(self.progress(at: now) / 86400, 1000)))
    }

    /// Seconds of climbing.
    private func progress(at now: Date) -> Double {
        guard let startedAt = self.startedAt else { return 0 }
        var stopped = self.stopped
        if let stop = self.stop { stopped += max(0, min(now, stop.until).timeIntervalSince(stop.from)) }
        return now.timeIntervalSince(startedAt) - stopped
    }
}
