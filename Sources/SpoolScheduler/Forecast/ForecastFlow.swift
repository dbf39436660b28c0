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
            for (device, rate) in flow.planned[line] ?? [:] {
                self.dayCount.add(rate * time, of: self.lines[line], by: device, at: self.now)
            }
            let left = flow.left[line] - flow.rates[line] * time
            flow.left[line] = time < length || left < 1e-6 ? 0 : left
            self.progress[line].reach(flow.left[line], at: self.now.addingTimeInterval(time))
        }
        self.now += length
    }
}

/// What every line of the queue gets of every device's pace, until something changes.
struct QueueFlow {
    var left: [Double]
    /// Messages a second, by line.
    private(set) var rates: [Double]
    /// The same by device, for the lines of the planned batch.
    private(set) var planned: [Int: [Int: Double]] = [:]
    private var devices: [FlowingDevice]
    /// By line: who shares with whom.
    private let users: [Int]
    private let userCount: Int

    init(_ walk: ForecastWalk) {
        self.left = walk.progress.map { Double($0.left) }
        self.rates = Array(repeating: 0, count: walk.lines.count)
        var known: [UserOfPriority: Int] = [:]
        self.users = walk.lines.map { line in
            let key = UserOfPriority(user: line.user, priority: line.priority)
            let index = known[key] ?? known.count
            known[key] = index
            return index
        }
        self.userCount = known.count
        self.devices = FlowingDevice.all(of: walk)
    }

    private struct UserOfPriority: Hashable {
        var user: Int64
        var priority: Priority
    }

    var isLeft: Bool { self.left.contains { $0 > 0 } }

    mutating func share(_ walk: inout ForecastWalk) {
        self.rates = Array(repeating: 0, count: self.rates.count)
        self.planned = [:]
        let now = walk.now
        let due = walk.lines.indices.filter { line in
            self.left[line] > 0 && walk.lines[line].notBefore.map { $0 <= now } ?? true
        }
        for index in self.devices.indices where self.devices[index].from <= now {
            let lines = due.filter { walk.belongs($0, to: index) }
            guard !lines.isEmpty else { continue }
            self.give(of: index, to: lines, &walk)
            self.devices[index].warmUp.record(now)
        }
    }

    /// Strangers get no more than their cap; what that leaves is for the others.
    private mutating func give(of index: Int, to lines: [Int], _ walk: inout ForecastWalk) {
        let device = self.devices[index]
        let limit = device.coldRate(at: walk.now)
        let all = self.divide(device.rate, among: lines, walk)
        let wanted = zip(lines, all).reduce(0.0) { $0 + (walk.lines[$1.0].lane == .cold ? $1.1 : 0) }
        guard wanted > limit else { return self.add(all, to: lines, of: index, &walk) }
        let cold = lines.indices.filter { walk.lines[lines[$0]].lane == .cold }
        self.add(cold.map { all[$0] * limit / wanted }, to: cold.map { lines[$0] }, of: index, &walk)
        let others = lines.filter { walk.lines[$0].lane != .cold }
        self.add(self.divide(max(0, device.rate - limit), among: others, walk), to: others, of: index, &walk)
    }

    private mutating func add(_ rates: [Double], to lines: [Int], of device: Int, _ walk: inout ForecastWalk) {
        for (line, rate) in zip(lines, rates) where rate > 0 {
            let open = rate * walk.openings.share(of: walk.lines[line].zones, at: walk.now)
            self.rates[line] += open
            if walk.lines[line].batch == walk.dayCount.batch { self.planned[line, default: [:]][device] = open }
        }
    }

    /// By the weights of priorities; within one, users and their lines share equally.
    private func divide(_ rate: Double, among lines: [Int], _ walk: ForecastWalk) -> [Double] {
        var linesOfUser = Array(repeating: 0.0, count: self.userCount)
        var usersOfPriority = Array(repeating: 0.0, count: Priority.allCases.count)
        for line in lines {
            if linesOfUser[self.users[line]] == 0 { usersOfPriority[walk.lines[line].priority.rawValue] += 1 }
            linesOfUser[self.users[line]] += 1
        }
        let whole = Priority.allCases.reduce(0.0) {
            $0 + (usersOfPriority[$1.rawValue] > 0 ? PriorityWheel.weight(of: $1) : 0)
        }
        return lines.map { line in
            let priority = walk.lines[line].priority
            return rate * PriorityWheel.weight(of: priority) / whole / usersOfPriority[priority.rawValue]
                / linesOfUser[self.users[line]]
        }
    }

    /// Seconds until a line is empty, or anything else changes; `nil` when nothing will.
    func nextChange(_ walk: ForecastWalk) -> Double? {
        var change = Double.infinity
        for line in walk.lines.indices where self.left[line] > 0 {
            if self.rates[line] > 0 { change = min(change, self.left[line] / self.rates[line]) }
            if let notBefore = walk.lines[line].notBefore, notBefore > walk.now {
                change = min(change, notBefore.timeIntervalSince(walk.now))
            }
        }
        for device in self.devices { change = min(change, device.nextChange(after: walk.now)) }
        if walk.dayCount.batch != nil, change.isFinite {
            change = min(change, max(1, walk.dayCount.midnight(after: walk.now).timeIntervalSince(walk.now)))
        }
        return change.isFinite ? max(change, 1e-6) : nil
    }
}
