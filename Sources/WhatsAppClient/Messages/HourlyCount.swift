/// How often something has happened in an hour, which begins with the first time.
struct HourlyCount: Hashable, Sendable {
    private var start = 0.0
    private var count = 0

    /// - Parameter now: seconds of any clock.
    func isBelow(_ limit: Int, now: Double) -> Bool { self.isOver(now) || self.count < limit }

    mutating func increment(now: Double) {
        if self.isOver(now) { (self.start, self.count) = (now, 0) }
        self.count += 1
    }

    /// A clock that stands before the beginning is another one.
    private func isOver(_ now: Double) -> Bool { self.count == 0 || now - self.start >= 3600 || now < self.start }
}
