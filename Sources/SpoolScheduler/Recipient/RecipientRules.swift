public import Foundation
public import SpoolCore

/// Whether a message at the head of its line may leave now, by what is known of its recipient.
///
/// Called within the queue's claim: pure and quick, and the same for the same arguments.
public struct RecipientRules: Sendable {
    public var policy: SchedulerPolicy
    public var zones: RecipientZones

    public init(policy: SchedulerPolicy, zones: RecipientZones) {
        self.policy = policy
        self.zones = zones
    }

    /// Each line is a rule; the first that objects decides.
    public func verdict(for candidate: Candidate, at now: Date) -> Verdict {
        self.expired(candidate, now)
            ?? self.suppressed(candidate)
            ?? self.otherLane(candidate, now)
            ?? self.unreachable(candidate, now)
            ?? self.repeated(candidate, now)
            ?? self.unanswered(candidate, now)
            ?? self.quiet(candidate, now)
            ?? self.tooSoon(candidate, now)
            ?? .send
    }

    private func expired(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard let expiresAt = candidate.expiresAt, expiresAt <= now else { return nil }
        return .fail(.expired, error: "Not sent before its expiresAt")
    }

    /// What was pending when the recipient opted out has been cancelled then; this one came later.
    private func suppressed(_ candidate: Candidate) -> Verdict? {
        guard candidate.facts.isSuppressed else { return nil }
        return .fail(.suppressed, error: "The recipient has opted out")
    }

    private func otherLane(_ candidate: Candidate, _ now: Date) -> Verdict? {
        let lane = Lane(of: candidate.recipient, candidate.facts, at: now)
        return lane == candidate.lane ? nil : .change(to: lane)
    }

    /// The service has refused messages to this recipient for now.
    private func unreachable(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard let until = candidate.facts.blockedUntil, until > now else { return nil }
        return .wait(until: until, reason: "the service refuses messages to this recipient for now")
    }

    /// An uncertain message repeats only itself.
    private func repeated(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard let window = self.policy.recipient.repeatWindow, candidate.repeatsText, !candidate.isReleased,
            !candidate.isUncertain
        else { return nil }
        return .hold(
            code: .duplicateMessage,
            reason: "the same text went to this number within 24 hours; release it or cancel it",
            failAt: now.addingTimeInterval(window.seconds))
    }

    /// An uncertain message is among the unanswered ones itself.
    private func unanswered(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard candidate.lane == .cold, !candidate.isUncertain, !candidate.isReleased,
            let last = candidate.facts.lastUnanswered
        else { return nil }
        if let most = self.policy.recipient.unansweredMonthly, candidate.facts.unanswered >= most {
            // The oldest of them is not known here; a day later the number may be lower.
            return .wait(
                until: now.addingTimeInterval(86400),
                reason: "\(candidate.facts.unanswered) messages to this number in 30 days are unanswered, "
                    + "\(most) are allowed; looked at again every day")
        }
        guard let pause = self.policy.recipient.unansweredPause else { return nil }
        let next = last.addingTimeInterval(pause.seconds)
        guard next > now else { return nil }
        return .wait(
            until: next,
            reason: "the last message to this number is unanswered; one in \(Int(pause.seconds / 3600)) hours")
    }

    /// Where somebody may live in several zones, it must be quiet in none of them.
    private func quiet(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard let hours = self.policy.quietHours, candidate.lane != .reply, !candidate.recipient.isGroup
        else { return nil }
        let zones = self.zones.zones(of: candidate.recipient, named: candidate.timeZone)
        // Zones without a common opening, or days that are all closed.
        let opening =
            hours.nextOpening(from: now, in: zones) ?? hours.nextOpening(from: now, in: Array(zones.prefix(1)))
            ?? now.addingTimeInterval(86400)
        guard opening > now else { return nil }
        let spread = Double(candidate.id.spreadPoint) / 65536 * Self.openingSpread
        return .wait(
            until: opening.addingTimeInterval(spread),
            reason: "quiet hours \(hours) of the recipient (\(Self.names(zones)))")
    }

    /// Seconds over which what waited for an opening leaves, so that not all of it comes in one minute.
    static let openingSpread = 1800.0

    private func tooSoon(_ candidate: Candidate, _ now: Date) -> Verdict? {
        guard let last = candidate.facts.lastSlot else { return nil }
        let gap = self.policy.recipient.gapInForce
        let next = last.addingTimeInterval(gap)
        guard gap > 0, next > now else { return nil }
        return .wait(until: next, reason: "\(Int(gap)) s between two messages to one recipient")
    }

    private static func names(_ zones: [TimeZone]) -> String {
        guard let first = zones.first else { return "" }
        return zones.count == 1 ? first.identifier : "\(first.identifier) and \(zones.count - 1) more zones"
    }
}

extension Recipient {
    var isGroup: Bool {
        switch self {
        case .phone: false
        case .group: true
        }
    }
}

extension Lane {
    /// How well the recipient knows the device now.
    public init(of recipient: Recipient, _ facts: RecipientFacts, at now: Date) {
        let window = 24 * 3600.0
        if recipient.isGroup {
            self = .known
        } else if let last = facts.lastInbound, now.timeIntervalSince(last) < window {
            self = .reply
        } else {
            self = facts.isKnown || facts.lastInbound != nil ? .known : .cold
        }
    }
}

extension QueueID {
    /// A point of 65,536 that looks random and stays the same, so that asking again does not move a promised time.
    fileprivate var spreadPoint: UInt64 {
        var value = UInt64(bitPattern: self.rawValue) &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return (value ^ (value >> 31)) & 0xFFFF
    }
}
