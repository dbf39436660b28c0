import Foundation
import SpoolCore

/// What waits for each device in a forecast. Counted anew every ten minutes, and by each message in between.
struct WalkingBacklog {
    private var own: [Int: Backlog] = [:]
    private var shared = Backlog.none
    private var countedAt: Date?

    private static let refresh = 600.0

    mutating func refresh(_ walk: ForecastWalk, at now: Date) {
        if let countedAt = self.countedAt, now.timeIntervalSince(countedAt) < Self.refresh { return }
        self.countedAt = now
        self.own = [:]
        self.shared = .none
        for (index, line) in walk.lines.enumerated() where walk.progress[index].left > 0 {
            let left = walk.progress[index].left
            let wait = line.notBefore.map { $0.timeIntervalSince(now) } ?? 0
            let due = Backlog(hour: wait <= 3600 ? left : 0, day: wait <= 86400 ? left : 0)
            switch walk.owners[index] {
            case .anyone: self.shared = self.shared.adding(due)
            case .device(let device): self.own[device] = (self.own[device] ?? .none).adding(due)
            case .nobody: break
            }
        }
    }

    mutating func take(_ line: Int, _ owner: ForecastWalk.Owner, of entry: QueueLine, at now: Date) {
        switch owner {
        case .anyone: self.shared = self.shared.taking(1)
        case .device(let device): self.own[device] = self.own[device]?.taking(1)
        case .nobody: break
        }
    }

    func of(_ device: Int, among devices: Int) -> Backlog {
        Backlog(own: self.own[device] ?? .none, shared: self.shared, devices: devices)
    }
}

extension Backlog {
    fileprivate func adding(_ other: Backlog) -> Backlog {
        Backlog(hour: self.hour + other.hour, day: self.day + other.day)
    }

    fileprivate func taking(_ count: Int) -> Backlog {
        Backlog(hour: max(0, self.hour - count), day: max(0, self.day - count))
    }
}
