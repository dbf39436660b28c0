import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private func probe(_ id: Int64) -> QueueID { QueueID(rawValue: id) }

@Suite struct CircuitBreakerTests {
    private var device = state(.free { $0.breaker = BreakerPolicy() })

    /// So many messages, a second apart, the newest `age` seconds old; the newest ones arrived.
    private func outcomes(_ delivered: Int, of count: Int, age: TimeInterval = 900, at now: Date = start)
        -> [ColdOutcome]
    {
        (0..<count).map { ColdOutcome(sentAt: now - age - Double($0), isDelivered: $0 < delivered) }
    }

    private mutating func open(at now: Date = start) -> [SignalAction] {
        self.device.judgeDelivery(self.outcomes(1, of: 8, at: now), usual: nil, at: now)
    }

    private mutating func send(_ id: Int64, at now: Date) {
        var generator = SeededGenerator(seed: 1)
        self.device.record(lane: .cold, message: probe(id), start: now, end: now, using: &generator)
    }

    @Test mutating func `too few arrivals stop strangers for half an hour, with an alarm`() throws {
        let actions = self.open()
        #expect(
            actions == [
                .stopCold(until: start + 1800), .label("breaker_open"), .stopWarmUp,
                .alarm("circuit breaker: only 1 of 8 strangers got the message"),
            ])
        for device in [self.device, try self.device.restarted()] {
            #expect(device.admission(at: start) == .withoutCold(upTo: 128))
            #expect(device.closure(of: .cold, at: start) == Closure(until: start + 1800, .breaker(delivered: 1, of: 8)))
        }
    }

    /// Delivered, of, age, usual share, opens.
    @Test(
        arguments: [
            (3, 8, 900, nil, true), (4, 8, 900, nil, false), (0, 7, 900, nil, false), (0, 20, 899 - 20, nil, false),
            (8, 20, 900, nil, false), (7, 20, 900, nil, true),
            // The hundred before the last twenty do not matter.
            (8, 120, 900, nil, false),
            // At night few phones are on: what is usual then decides.
            (7, 20, 900, 0.6, false), (5, 20, 900, 0.6, true), (7, 20, 900, 0.9, true), (1, 20, 900, 0, false),
        ] as [(Int, Int, TimeInterval, Double?, Bool)])
    func `below four of ten it opens, and below half of what is usual at this hour`(
        delivered: Int, of: Int, age: TimeInterval, usual: Double?, opens: Bool
    ) {
        var device = self.device
        let actions = device.judgeDelivery(self.outcomes(delivered, of: of, age: age), usual: usual, at: start)
        #expect(actions.isEmpty != opens)
    }

    @Test mutating func `after its time exactly one probe goes, and nothing until its receipt`() throws {
        _ = self.open()
        let now = start + 1800
        #expect(self.device.admission(at: now) == .all(upTo: 1))
        self.send(1, at: now)
        self.device = try self.device.restarted()
        #expect(self.device.closure(of: .cold, at: now) == Closure(until: now + 900, .probe))
        #expect(self.device.admission(at: now) == .withoutCold(upTo: 128))
    }

    @Test mutating func `the probe's receipt closes it, another's does not`() {
        _ = self.open()
        let now = start + 1800
        self.send(1, at: now)
        #expect(self.device.recordDelivery(of: probe(2), at: now + 5) == [])
        #expect(self.device.closure(of: .cold, at: now + 5)?.reason == .probe)
        #expect(
            self.device.recordDelivery(of: probe(1), at: now + 5) == [
                .resumeCold, .label("breaker_closed"),
                .alarm("circuit breaker: the probe has arrived, strangers go on"),
            ])
        #expect(self.device.admission(at: now + 5) == .all(upTo: 128))
    }

    @Test mutating func `without a receipt it is open twice as long each time, up to a day`() {
        _ = self.open()
        var opened = start
        for length in [1800.0, 3600, 7200, 14400, 28800, 57600, 86400, 86400] {
            #expect(self.device.closure(of: .cold, at: opened)?.until == opened + length)
            let now = opened + length
            #expect(self.device.closure(of: .cold, at: now) == nil)
            self.send(Int64(length), at: now)
            opened = now + 900
        }
    }

    @Test mutating func `a probe that arrives late closes it all the same`() {
        _ = self.open()
        self.send(1, at: start + 1800)
        let late = start + 1800 + 1000
        #expect(self.device.closure(of: .cold, at: late)?.reason == .breaker(delivered: 1, of: 8))
        #expect(!self.device.recordDelivery(of: probe(1), at: late).isEmpty)
        #expect(self.device.closure(of: .cold, at: late) == nil)
    }

    @Test mutating func `a probe that never left makes room for another`() {
        _ = self.open()
        let now = start + 1800
        self.send(1, at: now)
        self.device.recordReturn(of: probe(2), at: now + 1)
        #expect(self.device.closure(of: .cold, at: now + 1)?.reason == .probe)
        self.device.recordReturn(of: probe(1), at: now + 1)
        #expect(self.device.admission(at: now + 1) == .all(upTo: 1))
    }

    @Test mutating func `when it has closed only what was sent since then counts`() {
        _ = self.open()
        let now = start + 1800
        self.send(1, at: now)
        _ = self.device.recordDelivery(of: probe(1), at: now + 5)
        let later = now + 1000
        #expect(self.device.judgeDelivery(self.outcomes(0, of: 20, age: 1000, at: later), usual: nil, at: later) == [])
        let much = now + 3000
        #expect(self.device.judgeDelivery(self.outcomes(0, of: 8, age: 1000, at: much), usual: nil, at: much) != [])
        #expect(self.device.closure(of: .cold, at: much)?.until == much + 1800)
    }

    @Test mutating func `open, it is not judged again`() {
        _ = self.open()
        #expect(self.device.judgeDelivery(self.outcomes(0, of: 20), usual: nil, at: start + 60) == [])
        #expect(self.device.closure(of: .cold, at: start + 60)?.until == start + 1800)
    }

    @Test mutating func `it can be switched off`() {
        self.device.policy.breaker.window = nil
        #expect(self.open() == [])
        #expect(self.device.admission(at: start) == .all(upTo: 128))
    }

    @Test mutating func `a clock that is set back leaves it open no longer than it can be`() {
        _ = self.open(at: start + 365 * day)
        self.device.correct(at: start)
        #expect(self.device.closure(of: .cold, at: start)?.until == start + day)
    }
}

@Suite struct ReplyRatioTests {
    private var device = state(.free { $0.replyRatio = ReplyRatioPolicy() })

    @Test(
        arguments: [
            (5, 100, nil), (4, 100, .warn("only 4 of the last 100 strangers answered")),
            (1, 100, .warn("only 1 of the last 100 strangers answered")),
            (0, 100, .alarm("only 0 of the last 100 strangers answered")), (0, 99, nil),
        ] as [(Int, Int, SignalAction?)])
    func `few answers warn a person, hardly any hold strangers`(answered: Int, of: Int, told: SignalAction?) throws {
        var device = self.device
        #expect(device.judgeReplies(answered: answered, of: of).last == told)
        #expect(device.judgeReplies(answered: answered, of: of) == [])
        device = try device.restarted()
        let holds = if case .alarm = told { true } else { false }
        #expect((device.closure(of: .cold, at: start) != nil) == holds)
        #expect(device.closure(of: .known, at: start) == nil)
    }

    @Test mutating func `answers that come later end the hold`() {
        _ = self.device.judgeReplies(answered: 0, of: 100)
        _ = self.device.judgeReplies(answered: 1, of: 100)
        #expect(self.device.closure(of: .cold, at: start) == nil)
    }

    @Test mutating func `a person ends it, and the strangers before then do not count again`() {
        _ = self.device.judgeReplies(answered: 0, of: 100)
        #expect(
            self.device.closure(of: .cold, at: start)
                == Closure(until: .distantFuture, .replyRatio(answered: 0, of: 100)))
        self.device.resume(at: start + 60)
        #expect(self.device.closure(of: .cold, at: start + 60) == nil)
        #expect(self.device.repliesCountFrom == start + 60)
    }

    @Test mutating func `it can be switched off`() {
        self.device.policy.replyRatio = .off
        #expect(self.device.judgeReplies(answered: 0, of: 100) == [])
        #expect(self.device.closure(of: .cold, at: start) == nil)
    }
}
