import Foundation
import SpoolCore

/// What signals leave behind besides the account's standing: what the next one is counted with. Bounded.
struct SignalLog: Equatable, Codable, Sendable {
    /// Recipients refused for want of a token, within an hour.
    private(set) var refusals: [Refused] = []
    /// Those refused while nobody knew of a time lock: the answer decides what becomes of them.
    private(set) var questioned: [Refused] = []
    /// Ends of connections within an hour.
    private(set) var failures: [Date] = []
    /// When a time lock was last heard of.
    var timeLockSeenAt: Date?
    private(set) var queries: [QueryKind: QueryBackOff] = [:]

    struct Refused: Equatable, Codable, Sendable {
        /// As the queue stores it.
        var address: String
        var at: Date
    }

    struct QueryBackOff: Equatable, Codable, Sendable {
        var times: Int
        var until: Date
    }

    private static let most = 16

    /// How many recipients were refused within the last hour, this one among them.
    mutating func recordRefusal(of recipient: Recipient, at now: Date) -> Int {
        self.refusals.removeAll { $0.address == recipient.address || now.timeIntervalSince($0.at) >= 3600 }
        self.refusals.append(Refused(address: recipient.address, at: now))
        self.refusals = self.refusals.suffix(Self.most)
        return self.refusals.count
    }

    mutating func forgetRefusals() { self.refusals = [] }

    mutating func question(_ recipient: Recipient, at now: Date) {
        self.questioned.removeAll { $0.address == recipient.address }
        self.questioned.append(Refused(address: recipient.address, at: now))
        self.questioned = self.questioned.suffix(Self.most)
    }

    mutating func takeQuestioned() -> [Recipient] {
        defer { self.questioned = [] }
        return self.questioned.map { Recipient(address: $0.address) }
    }

    /// How many connections ended within the last hour, this one among them.
    mutating func recordFailure(at now: Date) -> Int {
        self.failures.removeAll { now.timeIntervalSince($0) >= 3600 }
        self.failures.append(now)
        self.failures = self.failures.suffix(Self.most)
        return self.failures.count
    }

    func failures(at now: Date) -> Int { self.failures.count { now.timeIntervalSince($0) < 3600 } }

    /// 5 min, doubling to 1 h.
    mutating func recordRefusal(of query: QueryKind, at now: Date) -> Date {
        let times = self.queries[query]?.times ?? 0
        let until = now.addingTimeInterval(min(300 * pow(2, Double(min(times, 10))), 3600))
        self.queries[query] = QueryBackOff(times: times + 1, until: until)
        return until
    }

    mutating func recordAnswer(to query: QueryKind) { self.queries[query] = nil }
}
