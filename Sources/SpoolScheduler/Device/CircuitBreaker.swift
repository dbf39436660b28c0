public import Foundation
import SpoolCore

/// One message to a stranger that the server took, and whether it has arrived.
public struct ColdOutcome: Equatable, Sendable {
    public var sentAt: Date
    /// Delivered or read.
    public var isDelivered: Bool

    public init(sentAt: Date, isDelivered: Bool) {
        self.sentAt = sentAt
        self.isDelivered = isDelivered
    }
}

/// Stops a device from writing to strangers when too little of it arrives: the service, or the people, let it run dry.
///
/// Closed, it lets all through. Open, it lets nothing through for half an hour, doubled each time. Then it lets exactly
/// one message through, and its receipt decides.
struct CircuitBreaker: Equatable, Codable, Sendable {
    private enum State: Equatable, Codable, Sendable {
        case closed
        /// Nothing before then; afterwards one probe.
        case open(until: Date)
        /// The probe is out; without a receipt in time it is open again.
        case probing(QueueID, since: Date)
    }

    private var state = State.closed
    /// How often it has opened without having closed.
    private var times = 0
    /// What was sent before says nothing any more.
    private var countsFrom: Date?
    private var lastProbe: QueueID?
    /// What made it open.
    private var delivered = 0
    private var seen = 0

    // MARK: Asking

    func closure(at now: Date, _ policy: BreakerPolicy) -> Closure? {
        guard policy.window != nil else { return nil }
        var breaker = self
        breaker.advance(to: now, policy)
        switch breaker.state {
        case .closed: return nil
        case .open(let until):
            guard until > now else { return nil }
            return Closure(until: until, .breaker(delivered: self.delivered, of: self.seen))
        case .probing(_, let since): return Closure(until: since.addingTimeInterval(policy.age.seconds), .probe)
        }
    }

    /// Whether the next message to a stranger is a probe.
    var isHalfOpen: Bool { self.state != .closed }

    /// The last probe, as long as its receipt would close the breaker.
    var probe: QueueID? { self.isHalfOpen ? self.lastProbe : nil }

    // MARK: What happened

    /// - Parameters:
    ///   - outcomes: The last messages to strangers that were transmitted, in any order.
    ///   - usual: The share that arrived at this hour in the last seven days: phones are off at night.
    /// - Returns: Whether it has opened.
    mutating func judge(_ outcomes: [ColdOutcome], usual: Double?, at now: Date, _ policy: BreakerPolicy) -> Bool {
        self.advance(to: now, policy)
        guard let window = policy.window, window > 0, self.state == .closed else { return false }
        let latest = outcomes.sorted { $0.sentAt > $1.sentAt }.filter { outcome in
            now.timeIntervalSince(outcome.sentAt) >= policy.age.seconds
                && self.countsFrom.map { outcome.sentAt > $0 } ?? true
        }.prefix(window)
        let delivered = latest.count(where: \.isDelivered)
        guard latest.count >= max(1, policy.leastSamples) else { return false }
        let share = Double(delivered) / Double(latest.count)
        let least = min(policy.leastDelivered, (usual ?? 1) * Self.shareOfUsual)
        guard share < least else { return false }
        self.delivered = delivered
        self.seen = latest.count
        self.open(at: now, policy)
        return true
    }

    /// Below half of what is usual at this hour is bad, whatever the hour.
    private static let shareOfUsual = 0.5

    /// A message to a stranger was handed to the connection.
    mutating func recordSend(_ message: QueueID?, at now: Date, _ policy: BreakerPolicy) {
        self.advance(to: now, policy)
        guard let message, case .open(let until) = self.state, until <= now else { return }
        self.state = .probing(message, since: now)
        self.lastProbe = message
    }

    /// The message did not leave after all, or was refused: it says nothing about delivery.
    mutating func recordReturn(_ message: QueueID, at now: Date) {
        guard case .probing(message, let since) = self.state else { return }
        self.state = .open(until: min(since, now))
    }

    /// - Returns: Whether it has closed: the probe has arrived, be it late.
    mutating func recordDelivery(_ message: QueueID, at now: Date) -> Bool {
        guard self.state != .closed, self.lastProbe == message else { return false }
        self = CircuitBreaker()
        self.countsFrom = now
        return true
    }

    mutating func correct(at now: Date, _ policy: BreakerPolicy) {
        self.countsFrom = self.countsFrom.map { min($0, now) }
        switch self.state {
        case .closed: break
        case .open(let until):
            self.state = .open(until: min(until, now.addingTimeInterval(policy.maximum.seconds)))
        case .probing(let message, let since): self.state = .probing(message, since: min(since, now))
        }
    }

    /// A probe without a receipt in time is the answer too.
    private mutating func advance(to now: Date, _ policy: BreakerPolicy) {
        guard case .probing(_, let since) = self.state else { return }
        let end = since.addingTimeInterval(policy.age.seconds)
        guard end <= now else { return }
        self.open(at: end, policy)
    }

    private mutating func open(at now: Date, _ policy: BreakerPolicy) {
        let length = min(policy.first.seconds * pow(2, Double(min(self.times, 30))), policy.maximum.seconds)
        self.times += 1
        self.state = .open(until: now.addingTimeInterval(length))
    }
}
