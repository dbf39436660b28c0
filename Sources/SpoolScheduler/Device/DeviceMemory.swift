import Foundation

/// What of a device's state has to survive a restart.
struct DeviceMemory: Equatable, Codable, Sendable {
    var warmUp = WarmUp()
    var cooldown = Cooldown()
    var standing = Standing()
    var signals = SignalLog()
    var breaker = CircuitBreaker()
    var replyRatio = ReplyRatio()
    var pause: Pause?

    /// A person has stopped the device.
    struct Pause: Equatable, Codable, Sendable {
        var reason: String?
        var since: Date
    }

    init() {}

    /// What an earlier version did not store yet is as on a new device.
    init(from decoder: any Decoder) throws {
        let stored = try decoder.container(keyedBy: CodingKeys.self)
        self.warmUp = try stored.decodeIfPresent(WarmUp.self, forKey: .warmUp) ?? WarmUp()
        self.cooldown = try stored.decodeIfPresent(Cooldown.self, forKey: .cooldown) ?? Cooldown()
        self.standing = try stored.decodeIfPresent(Standing.self, forKey: .standing) ?? Standing()
        self.signals = try stored.decodeIfPresent(SignalLog.self, forKey: .signals) ?? SignalLog()
        self.breaker = try stored.decodeIfPresent(CircuitBreaker.self, forKey: .breaker) ?? CircuitBreaker()
        self.replyRatio = try stored.decodeIfPresent(ReplyRatio.self, forKey: .replyRatio) ?? ReplyRatio()
        self.pause = try stored.decodeIfPresent(Pause.self, forKey: .pause)
    }
}
