import Foundation

/// When quiet hours let a line of the queue go; what was found is remembered until it ends.
struct OpeningTimes {
    private let hours: QuietHours?
    private let zones: RecipientZones
    private var known: [RecipientZones.Key: Span] = [:]
    private var shares: [RecipientZones.Key: Double] = [:]

    private struct Span {
        var from: Date
        var until: Date
        var isOpen: Bool
    }

    init(_ hours: QuietHours?, _ zones: RecipientZones) {
        self.hours = hours
        self.zones = zones
    }

    /// The next moment, `date` itself when it is open.
    mutating func opening(of key: RecipientZones.Key?, from date: Date) -> Date {
        guard let hours = self.hours, let key else { return date }
        if let span = self.known[key], span.from <= date, date < span.until { return span.isOpen ? date : span.until }
        let zones = self.zones.zones(for: key)
        let opening =
            hours.nextOpening(from: date, in: zones) ?? hours.nextOpening(from: date, in: Array(zones.prefix(1)))
            ?? date.addingTimeInterval(86400)
        let span =
            opening > date
            ? Span(from: date, until: opening, isOpen: false)
            : Span(from: date, until: self.closing(hours, zones, after: date), isOpen: true)
        self.known[key] = span
        return opening
    }

    private func closing(_ hours: QuietHours, _ zones: [TimeZone], after date: Date) -> Date {
        var moment = date
        let horizon = date.addingTimeInterval(86400)
        while moment < horizon {
            moment += 900
            if hours.nextOpening(from: moment, in: zones) != moment { break }
        }
        return moment
    }

    /// How much of a week is open.
    mutating func share(of key: RecipientZones.Key?, at date: Date) -> Double {
        guard let hours = self.hours, let key else { return 1 }
        if let share = self.shares[key] { return share }
        let zones = self.zones.zones(for: key)
        let moments = stride(from: 0.0, to: 7 * 86400, by: 3600).map { date.addingTimeInterval($0) }
        let open = moments.count { hours.nextOpening(from: $0, in: zones) == $0 }
        let share = max(Double(open), 1) / Double(moments.count)
        self.shares[key] = share
        return share
    }
}
