import Foundation
import SpoolCore

/// What every line of the queue gets of every device's pace, until something changes.
struct QueueFlow {
    var left: [Double]
    /// Messages a second, by line.
    private(set) var rates: [Double]
    private var devices: [FlowingDevice]
    /// By device: the lines it may send now, and what it gives each.
    private var shares: [[(line: Int, rate: Double)]]
    private var rule: FairShare

    /// Devices look at each other's shares so many times.
    private static let rounds = 3

    init(_ walk: ForecastWalk) {
        self.left = walk.progress.map { Double($0.left) }
        self.rates = Array(repeating: 0, count: walk.lines.count)
        self.devices = FlowingDevice.all(of: walk)
        self.shares = Array(repeating: [], count: walk.devices.count)
        self.rule = FairShare(walk.lines, walk.owners)
    }

    var isLeft: Bool { self.left.contains { $0 > 0 } }

    /// What each device gives the line.
    func rates(of line: Int) -> [(device: Int, rate: Double)] {
        self.shares.enumerated().compactMap { device, shares in
            shares.first { $0.line == line }.map { (device, $0.rate) }
        }
    }

    mutating func share(_ walk: inout ForecastWalk) {
        self.rates = Array(repeating: 0, count: self.rates.count)
        let now = walk.now
        let due = walk.lines.indices.filter { line in
            self.left[line] > 0 && walk.lines[line].notBefore.map { $0 <= now } ?? true
        }
        for index in self.devices.indices {
            let isReady = self.devices[index].from <= now
            let lines = isReady ? due.filter { walk.belongs($0, to: index) } : []
            self.shares[index] = lines.map { ($0, 0) }
            if !lines.isEmpty { self.devices[index].warmUp.record(now) }
        }
        for _ in 0..<(self.devices.count > 1 ? Self.rounds : 1) {
            for index in self.devices.indices where !self.shares[index].isEmpty { self.give(of: index, walk) }
        }
        for line in due where self.rates[line] > 0 {
            let open = walk.openings.share(of: walk.lines[line].zones, at: now)
            if open < 1 { self.narrow(line, to: open) }
        }
    }

    /// Strangers get no more than their cap; what that leaves is for the others.
    private mutating func give(of index: Int, _ walk: ForecastWalk) {
        for (line, rate) in self.shares[index] { self.rates[line] -= rate }
        let device = self.devices[index]
        let lines = self.shares[index].map(\.line)
        var given = self.rule.divide(device.rate, among: lines, besides: self.rates)
        let limit = device.coldRate(at: walk.now)
        let cold = lines.indices.filter { walk.lines[lines[$0]].lane == .cold }
        let wanted = cold.reduce(0) { $0 + given[$1] }
        if wanted > limit {
            let others = lines.indices.filter { walk.lines[lines[$0]].lane != .cold }
            let rest = self.rule.divide(device.rate - limit, among: others.map { lines[$0] }, besides: self.rates)
            for index in cold { given[index] *= limit / wanted }
            for (index, rate) in zip(others, rest) { given[index] = rate }
        }
        for position in lines.indices {
            self.shares[index][position].rate = given[position]
            self.rates[lines[position]] += given[position]
        }
    }

    private mutating func narrow(_ line: Int, to share: Double) {
        self.rates[line] *= share
        for device in self.shares.indices {
            for position in self.shares[device].indices where self.shares[device][position].line == line {
                self.shares[device][position].rate *= share
            }
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
