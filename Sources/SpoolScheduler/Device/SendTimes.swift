import Foundation

/// Moments in order, oldest first. Holds no more than the widest window needs.
struct SendTimes: Equatable, Sendable {
    /// Times in order; those before `first` are dropped.
    private var times: [Date]
    private var first = 0
    private let window: TimeInterval

    /// - Parameter window: Seconds; older sends are forgotten.
    init(_ times: [Date] = [], window: TimeInterval = 24 * 3600) {
        self.times = times.sorted()
        self.window = window
    }

    var last: Date? { self.first < self.times.count ? self.times.last : nil }

    /// Adds a send; a clock that was set back does not put it before earlier ones.
    mutating func record(_ moment: Date) {
        self.times.append(max(moment, self.last ?? moment))
        let horizon = moment.addingTimeInterval(-self.window)
        while self.first < self.times.count, self.times[self.first] <= horizon { self.first += 1 }
        guard self.first > 1024, self.first > self.times.count / 2 else { return }
        self.times.removeFirst(self.first)
        self.first = 0
    }

    /// Takes sends that are later than `now` as made now.
    mutating func correct(at now: Date) {
        for index in self.times.indices.reversed() {
            guard self.times[index] > now else { return }
            self.times[index] = now
        }
    }

    /// How many sends were later than `moment`.
    func count(after moment: Date) -> Int {
        var low = self.first
        var high = self.times.count
        while low < high {
            let middle = (low + high) / 2
            if self.times[middle] > moment { high = middle } else { low = middle + 1 }
        }
        return self.times.count - low
    }

    /// The send that is the `count`-th from the last, or `nil` when there were fewer.
    func send(fromLast count: Int) -> Date? {
        let index = self.times.count - count
        return index >= self.first && index < self.times.count ? self.times[index] : nil
    }

    /// How many sends ended the ledger without a pause of `pause` seconds or more between them, looking back at most
    /// `most`.
    func runLength(withoutPauseOf pause: TimeInterval, upTo most: Int) -> Int {
        var length = 0
        var index = self.times.count - 1
        while index >= self.first, length < most {
            length += 1
            guard index > self.first, self.times[index].timeIntervalSince(self.times[index - 1]) < pause else { break }
            index -= 1
        }
        return length
    }
}
