import Foundation
import SpoolCore

/// The rest of a device after temporary failures in a row.
struct Cooldown: Equatable, Codable, Sendable {
    /// Failures since the last success.
    private(set) var failures = 0
    private(set) var until: Date?

    func closure(at now: Date) -> Closure? {
        guard let until = self.until, until > now else { return nil }
        return Closure(until: until, .cooldown(failures: self.failures))
    }

    mutating func recordSuccess() { self = Cooldown() }

    /// What was under way when a cooldown began tells nothing new.
    mutating func recordFailure(at now: Date, _ policy: CooldownPolicy) {
        guard self.closure(at: now) == nil else { return }
        self.failures += 1
        guard let limit = policy.failures, limit > 0, self.failures >= limit else { return }
        let doublings = Double(min(self.failures - limit, 60))
        let most = policy.maximum?.seconds ?? 10 * 365 * 86400
        self.until = now.addingTimeInterval(min(policy.first.seconds * pow(2, doublings), most))
    }

    mutating func correct(at now: Date, _ policy: CooldownPolicy) {
        let most = policy.maximum?.seconds ?? 10 * 365 * 86400
        self.until = self.until.map { min($0, now.addingTimeInterval(most)) }
    }
}
