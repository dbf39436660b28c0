import Foundation

/// How far a line of the queue has come in a forecast, and when it had come how far.
struct LineProgress: Sendable {
    private(set) var left: Int
    private(set) var finishedAt: Date?
    /// Points of the way, in order: so many had left by then.
    private var points: [(sent: Int, at: Date)] = []
    private let count: Int
    private let stride: Int

    private static let mostPoints = 64

    init(count: Int) {
        self.count = count
        self.left = count
        self.stride = max(1, count / Self.mostPoints)
    }

    mutating func send(at moment: Date) {
        self.left -= 1
        let sent = self.count - self.left
        if sent == 1 || sent % self.stride == 0 || self.left == 0 { self.points.append((sent, moment)) }
        if self.left == 0 { self.finishedAt = moment }
    }

    /// - Parameter remaining: How many are left at the moment, 0 when it is finished.
    mutating func reach(_ remaining: Double, at moment: Date) {
        self.left = max(0, min(self.left, Int(remaining.rounded(.up))))
        self.points.append((self.count - self.left, moment))
        if self.left == 0 { self.finishedAt = moment }
    }

    /// When that many had left.
    func time(of sent: Int) -> Date? {
        guard let index = self.points.firstIndex(where: { $0.sent >= sent }) else { return nil }
        let end = self.points[index]
        guard index > 0, end.sent > sent else { return end.at }
        let start = self.points[index - 1]
        let share = Double(sent - start.sent) / Double(max(1, end.sent - start.sent))
        return start.at.addingTimeInterval(end.at.timeIntervalSince(start.at) * share)
    }
}
