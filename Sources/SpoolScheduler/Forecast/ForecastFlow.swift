import Foundation
import SpoolCore

/// The part of a forecast that lets the queue flow off at the pace that each device keeps in the long run.
extension ForecastWalk {
    /// A step is at least this share of the time that has passed, so that many lines do not make many steps.
    private static let leastStep = 0.01
    /// Seconds; the longest step that a device does not take for idleness.
    private static let longestStep = 2 * 86400.0
    private static let mostSteps = 4000

    mutating func flow() {
        let start = self.now
        var flow = QueueFlow(self)
        for _ in 0..<Self.mostSteps where flow.isLeft {
            flow.share(&self)
            let least = min(self.now.timeIntervalSince(start) * Self.leastStep, Self.longestStep)
            guard let length = flow.nextChange(self) else { return }
            self.advance(&flow, by: min(max(length, least), Self.longestStep))
        }
    }

    private mutating func advance(_ flow: inout QueueFlow, by length: Double) {
        for line in self.lines.indices where flow.left[line] > 0 && flow.rates[line] > 0 {
            let time = min(length, flow.left[line] / flow.rates[line])
            if self.lines[line].batch == self.dayCount.batch {
                for (device, rate) in flow.rates(of: line) {
                    self.dayCount.add(rate * time, of: self.lines[line], by: device, at: self.now)
                }
            }
            let left = flow.left[line] - flow.rates[line] * time
            flow.left[line] = time < length || left < 1e-6 ? 0 : left
            self.progress[line].reach(flow.left[line], at: self.now.addingTimeInterval(time))
        }
        self.now += length
    }
}
