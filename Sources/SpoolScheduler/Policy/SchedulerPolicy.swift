/// Every rule of sending that can be set, with its default.
///
/// A limit that is `nil` or zero is off. The defaults are outer bounds: they may be tightened freely, and loosened only
/// by somebody who accepts the risk (`looserLimits`).
public struct SchedulerPolicy: Equatable, Sendable {
    /// How strangers are written to.
    public enum Profile: String, CaseIterable, Codable, Sendable {
        case standard
        /// A cold cap, reply ratios, unanswered caps and quiet hours besides.
        case careful
    }

    public var profile: Profile
    /// The device's gap, caps and rest.
    public var pacing: PacingPolicy
    /// Whether a long backlog uses the whole hour and day instead of bursting to their caps.
    public var spreading: Bool
    /// The rest after temporary failures in a row.
    public var cooldown: CooldownPolicy
    /// Whether a new device starts with few strangers a day and writes to more from day to day.
    public var warmUp: Bool
    /// The most messages to strangers in any 24 hours of one device.
    public var coldDaily: Int?
    public var replyRatio: ReplyRatioPolicy
    public var breaker: BreakerPolicy
    /// How long after a reconnect the rate climbs from a tenth to the whole; a burst at that moment is what a program
    /// does and a person does not.
    public var reconnectRamp: Duration
    public var recipient: RecipientPolicy
    /// When people are not written to, in their own time; replies and groups excepted. `nil`: at any time.
    public var quietHours: QuietHours?
    public var badList: BadListPolicy
    public var sameText: SameTextPolicy
    /// Whether a device shows itself online and typing before a message.
    public var humanSimulation: Bool

    /// The defaults of a profile.
    public init(profile: Profile = .standard) {
        self.profile = profile
        self.pacing = PacingPolicy()
        self.spreading = true
        self.cooldown = CooldownPolicy()
        self.warmUp = true
        self.coldDaily = profile == .careful ? 50 : nil
        self.replyRatio = profile == .careful ? ReplyRatioPolicy() : .off
        self.breaker = BreakerPolicy()
        self.reconnectRamp = .seconds(60)
        self.recipient = RecipientPolicy(profile: profile)
        self.quietHours = profile == .careful ? QuietHours() : nil
        self.badList = BadListPolicy(share: profile == .careful ? 0.1 : 0.3)
        self.sameText = SameTextPolicy(holds: profile == .careful)
        self.humanSimulation = true
    }

    /// Nothing but the pace of a device.
    public init(pacing: PacingPolicy) {
        self.init()
        self.pacing = pacing
        self.spreading = false
        self.cooldown.failures = nil
        self.warmUp = false
        self.breaker.window = nil
        self.reconnectRamp = .zero
        self.recipient = .off
        self.badList.share = nil
        self.sameText.most = nil
        self.humanSimulation = false
    }

    /// The cold cap in force: the careful profile never goes above 250, whatever is set, because that is what the
    /// service itself publishes as the first step for businesses.
    var coldCap: Int? {
        guard let cap = self.coldDaily, cap > 0 else { return nil }
        return self.profile == .careful ? min(cap, Self.mostCold) : cap
    }

    static let mostCold = 250
}
