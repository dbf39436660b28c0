import Foundation
import SpoolCore

/// The part of a forecast that sends message by message, as the devices and the queue do.
struct ForecastWalk {
    var devices: [WalkingDevice]
    let lines: [QueueLine]
    /// By line: the device's index.
    let owners: [Owner]
    var progress: [LineProgress]
    var openings: OpeningTimes
    var dayCount: DayCount
    var now: Date
    private var turns: Turns
    private var backlog = WalkingBacklog()
    private var events = 0

    enum Owner: Hashable {
        case anyone
        case device(Int)
        /// A device that takes no part.
        case nobody
    }

    /// The most looks at lines, for queues of many.
    private static let mostLooks = 10_000_000

    init(
        _ devices: [Forecast.Device], _ lines: [QueueLine], _ zones: RecipientZones, _ now: Date,
        _ course: Forecast.Course, _ dayCount: DayCount
    ) {
        self.devices = devices.enumerated().map { WalkingDevice($1, course, index: $0, now) }
        self.lines = lines
        self.owners = lines.map { line in
            guard let owner = line.owner else { return .anyone }
            return devices.firstIndex { $0.id == owner }.map(Owner.device) ?? .nobody
        }
        self.progress = lines.map { LineProgress(count: max(0, $0.count)) }
        self.openings = OpeningTimes(devices.first?.state.policy.quietHours, zones)
        self.dayCount = dayCount
        self.now = now
        self.turns = Turns(lines, self.owners)
    }

    /// Whether a line is left that some device may still send.
    var isLeft: Bool {
        self.lines.indices.contains { index in
            self.progress[index].left > 0 && self.devices.contains { self.mayEver($0, index) }
        }
    }

    private func mayEver(_ device: WalkingDevice, _ line: Int) -> Bool {
        self.belongs(line, to: device.index) && !device.isStopped(at: self.now)
            && (self.lines[line].lane != .cold
                || device.state.closure(of: .cold, at: self.now)?.until != .distantFuture)
    }

    func belongs(_ line: Int, to device: Int) -> Bool {
        switch self.owners[line] {
        case .anyone: true
        case .device(let owner): owner == device
        case .nobody: false
        }
    }

    mutating func run(_ mostEvents: Int) {
        let most = min(mostEvents, Self.mostLooks / max(1, self.lines.count))
        while self.events < most, let index = self.nextDevice() {
            self.now = max(self.now, self.devices[index].next)
            self.step(index)
            self.events += 1
        }
    }

    /// Whoever's turn comes first; among equals the one with most room left.
    private func nextDevice() -> Int? {
        var first = 0
        var next = Date.distantFuture
        for index in self.devices.indices where self.devices[index].next <= next {
            if self.devices[index].next == next, next < .distantFuture {
                guard self.devices[index].room(at: next) > self.devices[first].room(at: next) else { continue }
            }
            first = index
            next = self.devices[index].next
        }
        return next < .distantFuture ? first : nil
    }

    private mutating func step(_ index: Int) {
        let moment = self.devices[index].next
        self.backlog.refresh(self, at: moment)
        let backlog = self.backlog.of(index, among: self.devices.count)
        switch self.devices[index].state.admission(at: moment, backlog: backlog) {
        case .wait(let until, _): self.devices[index].next = until
        case .now(let lanes, let most):
            guard let line = self.choose(index, lanes, at: moment) else {
                self.devices[index].next = self.nextChance(index, lanes, after: moment)
                return
            }
            for _ in 0..<min(most, self.progress[line].left) { self.send(line, by: index, at: moment) }
        }
    }

    private mutating func send(_ line: Int, by index: Int, at moment: Date) {
        let sent = self.devices[index].send(self.lines[line], at: moment)
        self.backlog.take(line, self.owners[line], of: self.lines[line], at: moment)
        self.progress[line].send(at: sent)
        self.dayCount.add(1, of: self.lines[line], by: index, at: sent)
        self.turns.end(self.lines[line], by: index)
    }

    /// By priority, then the user and of that the batch that have waited longest; its own goes first among equals.
    private mutating func choose(_ index: Int, _ lanes: Set<Lane>, at moment: Date) -> Int? {
        let due = self.due(index, lanes, at: moment)
        let order = self.devices[index].wheel.order
        guard let priority = order.first(where: { priority in due.contains { self.lines[$0].priority == priority } }),
            let user = due.filter({ self.lines[$0].priority == priority })
                .min(by: {
                    (self.turns.user(of: $0), self.lines[$0].user) < (self.turns.user(of: $1), self.lines[$1].user)
                })
                .map({ self.lines[$0].user })
        else { return nil }
        return due.filter { self.lines[$0].priority == priority && self.lines[$0].user == user }
            .min { self.key($0) < self.key($1) }
    }

    private func key(_ line: Int) -> (Int, Int, Int64) {
        (self.turns.batch(of: line), self.owners[line] == .anyone ? 1 : 0, self.lines[line].batch.rawValue)
    }

    private mutating func due(_ index: Int, _ lanes: Set<Lane>, at moment: Date) -> [Int] {
        var due: [Int] = []
        for line in self.lines.indices where self.progress[line].left > 0 && self.belongs(line, to: index) {
            let entry = self.lines[line]
            guard lanes.contains(entry.lane), entry.notBefore.map({ $0 <= moment }) ?? true,
                self.openings.opening(of: entry.zones, from: moment) <= moment
            else { continue }
            due.append(line)
        }
        return due
    }

    /// When something may be there to send that is not there now.
    private mutating func nextChance(_ index: Int, _ lanes: Set<Lane>, after moment: Date) -> Date {
        var next = Date.distantFuture
        let cold = lanes.contains(.cold) ? nil : self.devices[index].state.closure(of: .cold, at: moment)?.until
        for line in self.lines.indices where self.progress[line].left > 0 && self.belongs(line, to: index) {
            var chance = max(moment, self.lines[line].notBefore ?? moment)
            if self.lines[line].lane == .cold { chance = max(chance, cold ?? moment) }
            if chance < .distantFuture { chance = self.openings.opening(of: self.lines[line].zones, from: chance) }
            next = min(next, chance)
        }
        // What is there now was looked at and did not go.
        return max(next, moment.addingTimeInterval(1))
    }
}
