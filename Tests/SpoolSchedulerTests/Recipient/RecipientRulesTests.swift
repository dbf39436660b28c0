import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

/// A stranger in Pakistan, with nothing against writing to it.
func stranger(_ change: (inout Candidate) -> Void = { _ in }) -> Candidate {
    var candidate = Candidate(
        id: QueueID(rawValue: 7), batch: BatchID(rawValue: 1), user: 1, priority: .normal,
        recipient: .phone("923001234567"), lane: .cold, queuedAt: start)
    change(&candidate)
    return candidate
}

@Suite struct RecipientRulesTests {
    private let standard: RecipientRules
    private let careful: RecipientRules
    private let noon: Date
    private let night: Date

    init() throws {
        let zones = RecipientZones(fallback: try zone("UTC"))
        self.standard = RecipientRules(policy: SchedulerPolicy(), zones: zones)
        self.careful = RecipientRules(policy: SchedulerPolicy(profile: .careful), zones: zones)
        self.noon = try utc("2026-01-15T07:00:00Z")
        self.night = try utc("2026-01-15T19:00:00Z")
    }

    @Test func `a stranger nobody has written to may be written to`() {
        #expect(self.standard.verdict(for: stranger(), at: self.noon) == .send)
        #expect(self.careful.verdict(for: stranger(), at: self.noon) == .send)
    }

    // MARK: What ends a message

    @Test func `a message past its expiry fails`() {
        let candidate = stranger { $0.expiresAt = self.noon }
        #expect(
            self.standard.verdict(for: candidate, at: self.noon)
                == .fail(.expired, error: "Not sent before its expiresAt"))
        #expect(self.standard.verdict(for: candidate, at: self.noon - 1) == .send)
    }

    @Test func `whoever opted out is not written to, released or not`() {
        for released in [false, true] {
            let candidate = stranger {
                $0.facts.isSuppressed = true
                $0.isReleased = released
            }
            let verdict = self.standard.verdict(for: candidate, at: self.noon)
            #expect(verdict == .fail(.suppressed, error: "The recipient has opted out"))
        }
    }

    // MARK: Lanes

    @Test(
        arguments: [
            (nil, false, Lane.cold), (nil, true, .known), (-23.9 * hour, true, .reply), (-24 * hour, true, .known),
            (-400 * day, false, .known),
        ] as [(TimeInterval?, Bool, Lane)])
    func `the lane follows from when they last wrote and whether they are known`(
        lastInbound: TimeInterval?, isKnown: Bool, lane: Lane
    ) {
        for stored in Lane.allCases {
            let candidate = stranger {
                $0.lane = stored
                $0.facts.lastInbound = lastInbound.map { self.noon + $0 }
                $0.facts.isKnown = isKnown
            }
            let verdict = self.standard.verdict(for: candidate, at: self.noon)
            #expect(verdict == (stored == lane ? .send : .change(to: lane)))
        }
    }

    @Test func `a group is known`() {
        let candidate = stranger {
            $0.recipient = .group("123-456@g.us")
            $0.lane = .known
            $0.facts.lastInbound = self.noon
        }
        #expect(self.standard.verdict(for: candidate, at: self.noon) == .send)
    }

    // MARK: The recipient's own pace

    @Test func `a minute lies between two messages to one recipient, over all devices`() {
        let candidate = stranger { $0.facts.lastSlot = self.noon }
        #expect(
            self.standard.verdict(for: candidate, at: self.noon + 59)
                == .wait(until: self.noon + 60, reason: "60 s between two messages to one recipient"))
        #expect(self.standard.verdict(for: candidate, at: self.noon + 60) == .send)
    }

    @Test func `a message that follows promised ones waits behind the last of them`() {
        let candidate = stranger { $0.facts.lastSlot = self.noon + 120 }
        guard case .wait(let until, _) = self.standard.verdict(for: candidate, at: self.noon) else {
            Issue.record("no wait")
            return
        }
        #expect(until == self.noon + 180)
    }

    @Test(arguments: [(0, 0), (1, 6), (6, 6), (30, 30)])
    func `a shorter gap than six seconds is six, and none is none`(gap: Int, inForce: Double) {
        var rules = self.standard
        rules.policy.recipient.gap = .seconds(gap)
        let candidate = stranger { $0.facts.lastSlot = self.noon }
        let verdict = rules.verdict(for: candidate, at: self.noon)
        guard case .wait(let until, _) = verdict else {
            #expect(inForce == 0 && verdict == .send)
            return
        }
        #expect(until == self.noon + inForce)
    }

    @Test func `a recipient whom the service refuses for now waits, and only that one`() {
        let candidate = stranger { $0.facts.blockedUntil = self.noon + day }
        guard case .wait(let until, _) = self.standard.verdict(for: candidate, at: self.noon) else {
            Issue.record("no wait")
            return
        }
        #expect(until == self.noon + day)
        #expect(self.standard.verdict(for: candidate, at: self.noon + day) == .send)
    }

    // MARK: The same text

    @Test func `a repeated text is held and fails after a day`() {
        guard
            case .hold(.duplicateMessage, _, let failAt) = self.standard.verdict(
                for: stranger { $0.repeatsText = true }, at: self.noon)
        else {
            Issue.record("not held")
            return
        }
        #expect(failAt == self.noon + day)
    }

    @Test func `a repetition that a person has released goes, and an uncertain one repeats only itself`() {
        let released = stranger {
            $0.repeatsText = true
            $0.isReleased = true
        }
        #expect(self.standard.verdict(for: released, at: self.noon) == .send)
        let uncertain = stranger {
            $0.repeatsText = true
            $0.isUncertain = true
        }
        #expect(self.standard.verdict(for: uncertain, at: self.noon) == .send)
    }

    // MARK: Careful: strangers who do not answer

    @Test func `a stranger who has not answered is left alone for a day`() {
        let candidate = stranger {
            $0.facts.lastUnanswered = self.noon - 20 * hour
            $0.facts.unanswered = 1
        }
        #expect(self.standard.verdict(for: candidate, at: self.noon) == .send)
        guard case .wait(let until, _) = self.careful.verdict(for: candidate, at: self.noon) else {
            Issue.record("no wait")
            return
        }
        #expect(until == self.noon + 4 * hour)
        #expect(self.careful.verdict(for: candidate, at: self.noon + 4 * hour) == .send)
    }

    @Test func `three unanswered messages in thirty days are enough`() {
        let candidate = stranger {
            $0.facts.lastUnanswered = self.noon - 5 * day
            $0.facts.unanswered = 3
        }
        #expect(self.standard.verdict(for: candidate, at: self.noon) == .send)
        guard case .wait(let until, _) = self.careful.verdict(for: candidate, at: self.noon) else {
            Issue.record("no wait")
            return
        }
        #expect(until == self.noon + day)
        let two = stranger {
            $0.facts.lastUnanswered = self.noon - 5 * day
            $0.facts.unanswered = 2
        }
        #expect(self.careful.verdict(for: two, at: self.noon) == .send)
    }

    @Test func `an uncertain message does not count as its own unanswered one`() {
        let candidate = stranger {
            $0.facts.lastUnanswered = self.noon
            $0.facts.unanswered = 3
            $0.isUncertain = true
        }
        #expect(self.careful.verdict(for: candidate, at: self.noon) == .send)
    }

    // MARK: Careful: quiet hours

    @Test(arguments: [Lane.cold, .known])
    func `strangers and known people are not written to at night, replies are`(lane: Lane) throws {
        let candidate = stranger {
            $0.lane = lane
            $0.facts.isKnown = lane == .known
        }
        #expect(self.standard.verdict(for: candidate, at: self.night) == .send)
        guard case .wait(let until, let reason) = self.careful.verdict(for: candidate, at: self.night) else {
            Issue.record("no wait")
            return
        }
        let opening = try utc("2026-01-16T03:00:00Z")
        #expect((opening...opening + 1800).contains(until))
        #expect(reason == "quiet hours 21:00–08:00 of the recipient (Asia/Karachi)")
        let reply = stranger {
            $0.lane = .reply
            $0.facts.isKnown = true
            $0.facts.lastInbound = self.night - hour
        }
        #expect(self.careful.verdict(for: reply, at: self.night) == .send)
    }

    @Test func `groups have no quiet hours`() {
        let candidate = stranger {
            $0.recipient = .group("92-1@g.us")
            $0.lane = .known
        }
        #expect(self.careful.verdict(for: candidate, at: self.night) == .send)
    }

    @Test func `the row's zone decides`() {
        let candidate = stranger { $0.timeZone = "America/Denver" }
        #expect(self.careful.verdict(for: candidate, at: self.night) == .send)
        #expect(self.careful.verdict(for: candidate, at: self.noon) != .send)
    }

    @Test func `what waits for an opening comes spread over half an hour, each at a time of its own`() throws {
        let opening = try utc("2026-01-16T03:00:00Z")
        var minutes: [Int: Int] = [:]
        for id in Int64(1)...3000 {
            let candidate = stranger { $0.id = QueueID(rawValue: id) }
            guard case .wait(let until, _) = self.careful.verdict(for: candidate, at: self.night) else { return }
            #expect(
                self.careful.verdict(for: candidate, at: self.night + hour)
                    == self.careful.verdict(for: candidate, at: self.night))
            minutes[Int(until.timeIntervalSince(opening) / 60), default: 0] += 1
        }
        #expect(minutes.count == 30)
        #expect(minutes.values.allSatisfy { (50...150).contains($0) })
    }

    @Test func `where no moment is open in all zones, the first zone decides`() throws {
        var rules = self.careful
        rules.policy.quietHours = QuietHours(from: 10 * 60, until: 8 * 60)
        // 08:00 in New York; all of the country's zones have no hour in common.
        let candidate = stranger { $0.recipient = .phone("15550100123") }
        #expect(rules.verdict(for: candidate, at: try utc("2026-01-15T13:00:00Z")) == .send)
    }
}
