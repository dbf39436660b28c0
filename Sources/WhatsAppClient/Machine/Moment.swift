import Foundation

/// Now, on both clocks: one that only goes forward, for waiting, and the one on the wall, for what is said to others.
struct Moment: Hashable, Sendable {
    /// Since some fixed moment before the session began.
    var uptime: Duration
    var date: Date

    init(uptime: Duration, date: Date) {
        self.uptime = uptime
        self.date = date
    }

    static func + (moment: Moment, duration: Duration) -> Moment {
        Moment(uptime: moment.uptime + duration, date: moment.date.addingTimeInterval(duration / .seconds(1)))
    }
}
