import Foundation
import SpoolCore
import SpoolTestSupport

@testable import SpoolScheduler

/// What then happens: the same devices and rules with real chance, message by message.
struct RandomRun {
    private var devices: [(id: DeviceID, state: DeviceState, wheel: PriorityWheel, next: Date)]
    private var lines: [QueueLine]
    private var turns: [String: Int] = [:]
    private var generator: SeededGenerator
    private(set) var finished: [BatchID: Date] = [:]
    private(set) var sends: [(device: Int, lane: Lane, at: Date)] = []

    init(_ devices: [Forecast.Device], _ lines: [QueueLine], now: Date, seed: UInt64) {
        self.devices = devices.map { ($0.id, $0.state, PriorityWheel(), now) }
        self.lines = lines
        self.generator = SeededGenerator(seed: seed)
    }

    mutating func run() {
        while let index = self.devices.indices.min(by: { self.devices[$0].next < self.devices[$1].next }),
            self.devices[index].next < .distantFuture, self.lines.contains(where: { $0.count > 0 })
        {
            self.step(index)
        }
    }

    private mutating func step(_ index: Int) {
        let now = self.devices[index].next
        switch self.devices[index].state.admission(at: now, backlog: self.backlog(of: index, at: now)) {
        case .wait(let until, _): self.devices[index].next = until
        case .now(let lanes, _):
            let due = self.lines.indices.filter { line in
                self.lines[line].count > 0 && self.belongs(line, to: index)
                    && self.lines[line].notBefore.map { $0 <= now } ?? true
            }
            guard let line = self.choose(due.filter { lanes.contains(self.lines[$0].lane) }, index) else {
                let later =
                    self.lines.indices.filter { self.lines[$0].count > 0 && self.belongs($0, to: index) }
                    .compactMap { self.lines[$0].notBefore }.filter { $0 > now }.min() ?? .distantFuture
                let cold = due.isEmpty ? .distantFuture : self.devices[index].state.closure(of: .cold, at: now)?.until
                self.devices[index].next = max(min(later, cold ?? later), now + 1)
                return
            }
            self.send(line, by: index, at: now)
        }
    }

    private func belongs(_ line: Int, to index: Int) -> Bool {
        self.lines[line].owner.map { $0 == self.devices[index].id } ?? true
    }

    private func backlog(of index: Int, at now: Date) -> Backlog {
        func due(_ line: QueueLine, _ span: TimeInterval) -> Int {
            line.notBefore.map { $0 <= now + span } ?? true ? line.count : 0
        }
        func count(_ lines: [QueueLine]) -> Backlog {
            Backlog(hour: lines.reduce(0) { $0 + due($1, hour) }, day: lines.reduce(0) { $0 + due($1, day) })
        }
        return Backlog(
            own: count(self.lines.filter { $0.owner == self.devices[index].id }),
            shared: count(self.lines.filter { $0.owner == nil }), devices: self.devices.count)
    }

    /// As the queue does: the user first, then the batch; what any device may send has one turn for all.
    private func choose(_ lines: [Int], _ index: Int) -> Int? {
        for priority in self.devices[index].wheel.order {
            let lines = lines.filter { self.lines[$0].priority == priority }
            let user = lines.min {
                (self.turns[self.userKey($0)] ?? 0, self.lines[$0].user)
                    < (self.turns[self.userKey($1)] ?? 0, self.lines[$1].user)
            }.map { self.lines[$0].user }
            guard let user else { continue }
            return lines.filter { self.lines[$0].user == user }.min {
                (self.turns[self.batchKey($0)] ?? 0, self.lines[$0].batch)
                    < (self.turns[self.batchKey($1)] ?? 0, self.lines[$1].batch)
            }
        }
        return nil
    }

    private func userKey(_ line: Int) -> String {
        "user \(self.lines[line].user) \(self.lines[line].priority) \(self.lines[line].owner?.rawValue ?? "")"
    }

    private func batchKey(_ line: Int) -> String {
        "batch \(self.lines[line].batch) \(self.lines[line].priority) \(self.lines[line].owner?.rawValue ?? "")"
    }

    private mutating func send(_ line: Int, by index: Int, at now: Date) {
        let entry = self.lines[line]
        var sentAt = now
        if self.devices[index].state.policy.humanSimulation {
            let end = self.devices[index].state.pauseEnd(at: now, backlog: self.backlog(of: index, at: now))
            let gap = end.timeIntervalSince(now)
            let plan = HumanPlan(
                to: .phone("923001234567"), characters: entry.characters, gap: .seconds(gap), using: &self.generator)
            sentAt = now + plan.sendsAfter.seconds
        }
        self.devices[index].state.record(lane: entry.lane, start: sentAt, end: sentAt, using: &self.generator)
        self.devices[index].next = sentAt
        self.devices[index].wheel.recordSend(entry.priority)
        self.sends.append((index, entry.lane, sentAt))
        self.lines[line].count -= 1
        for owner in ["", self.devices[index].id.rawValue] {
            self.turns["user \(entry.user) \(entry.priority) \(owner)"] = self.sends.count
            self.turns["batch \(entry.batch) \(entry.priority) \(owner)"] = self.sends.count
        }
        self.finished[entry.batch] = sentAt
    }
}
