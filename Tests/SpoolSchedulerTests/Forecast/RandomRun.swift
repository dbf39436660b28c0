import Foundation
import SpoolCore
import SpoolTestSupport

@testable import SpoolScheduler

/// What then happens: the same devices and rules with real chance, message by message.
struct RandomRun {
    private var devices: [(id: DeviceID, state: DeviceState, wheel: PriorityWheel, next: Date)]
    private var lines: [QueueLine]
    private var userTurns: [String: Int] = [:]
    private var lineTurns: [Int]
    private var generator: SeededGenerator
    private(set) var finished: [BatchID: Date] = [:]
    private(set) var sends: [(device: Int, lane: Lane, at: Date)] = []

    init(_ devices: [Forecast.Device], _ lines: [QueueLine], now: Date, seed: UInt64) {
        self.devices = devices.map { ($0.id, $0.state, PriorityWheel(), now) }
        self.lines = lines
        self.lineTurns = Array(repeating: 0, count: lines.count)
        self.generator = SeededGenerator(seed: seed)
        for index in self.devices.indices { self.devices[index].state.policy.humanSimulation = false }
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

    private func choose(_ lines: [Int], _ index: Int) -> Int? {
        let order = self.devices[index].wheel.order
        return lines.min { left, right in self.key(left, order) < self.key(right, order) }
    }

    private func key(_ line: Int, _ order: [Priority]) -> (Int, Int, Int, Int) {
        let entry = self.lines[line]
        return (
            order.firstIndex(of: entry.priority) ?? 0, self.userTurns["\(entry.user) \(entry.priority)"] ?? 0,
            self.lineTurns[line], line
        )
    }

    private mutating func send(_ line: Int, by index: Int, at now: Date) {
        let entry = self.lines[line]
        self.devices[index].state.record(lane: entry.lane, start: now, end: now, using: &self.generator)
        self.devices[index].wheel.recordSend(entry.priority)
        self.sends.append((index, entry.lane, now))
        self.lines[line].count -= 1
        self.userTurns["\(entry.user) \(entry.priority)"] = self.sends.count
        self.lineTurns[line] = self.sends.count
        self.finished[entry.batch] = now
    }
}
