import SpoolCore

/// A limit that is looser than its profile's default.
public struct LooserLimit: Equatable, Sendable {
    /// The configuration's key.
    public var key: String
    public var value: String
    public var standard: String
}

extension SchedulerPolicy {
    /// What is looser than the default of the profile, which only somebody may set who accepts the risk.
    public var looserLimits: [LooserLimit] {
        let standard = SchedulerPolicy(profile: self.profile)
        return self.loosePacing(standard) + self.looseRules(standard)
    }

    private func loosePacing(_ standard: SchedulerPolicy) -> [LooserLimit] {
        [
            Self.ifShorter("delay.minimum", self.pacing.minimumDelay, standard.pacing.minimumDelay),
            Self.ifShorter("delay.maximum", self.pacing.maximumDelay, standard.pacing.maximumDelay),
            Self.ifHigher("hourly", self.pacing.hourly, standard.pacing.hourly),
            Self.ifHigher("daily", self.pacing.daily, standard.pacing.daily),
            Self.ifHigher("rest.after", self.pacing.restAfter, standard.pacing.restAfter),
            Self.ifShorter("rest.for", self.pacing.rest, standard.pacing.rest),
            Self.ifHigher("cooldown.failures", self.cooldown.failures, standard.cooldown.failures),
            Self.ifShorter("cooldown.for", self.cooldown.first, standard.cooldown.first),
            Self.ifShorter(
                "cooldown.maximum", self.cooldown.maximum ?? .seconds(Int64.max / 2),
                standard.cooldown.maximum ?? .zero),
        ].compactMap(\.self)
    }

    private func looseRules(_ standard: SchedulerPolicy) -> [LooserLimit] {
        [
            Self.ifOff("spreading", self.spreading, standard.spreading),
            Self.ifOff("warmUp", self.warmUp, standard.warmUp),
            Self.ifHigher("coldDaily", self.coldDaily, standard.coldDaily),
            Self.ifLower("replyRatio.warnBelow", self.replyRatio.warnBelow, standard.replyRatio.warnBelow),
            Self.ifLower("replyRatio.holdBelow", self.replyRatio.holdBelow, standard.replyRatio.holdBelow),
            Self.ifOff("breaker.window", self.breaker.window != nil, standard.breaker.window != nil),
            Self.ifLower("breaker.leastDelivered", self.breaker.leastDelivered, standard.breaker.leastDelivered),
            Self.ifShorter("breaker.for", self.breaker.first, standard.breaker.first),
            Self.ifShorter("reconnectRamp", self.reconnectRamp, standard.reconnectRamp),
            Self.ifShorter("recipientGap", self.recipient.gap, standard.recipient.gap),
            Self.ifShorter(
                "repeatWindow", self.recipient.repeatWindow ?? .zero, standard.recipient.repeatWindow ?? .zero),
            Self.ifShorter(
                "unanswered.pause", self.recipient.unansweredPause ?? .zero, standard.recipient.unansweredPause ?? .zero
            ),
            Self.ifHigher(
                "unanswered.monthly", self.recipient.unansweredMonthly, standard.recipient.unansweredMonthly),
            self.looseQuietHours(standard),
            Self.ifHigher("badList", self.badList.share, standard.badList.share),
            Self.ifHigher("sameText", self.sameText.most, standard.sameText.most),
        ].compactMap(\.self)
    }

    private func looseQuietHours(_ standard: SchedulerPolicy) -> LooserLimit? {
        guard let standard = standard.quietHours else { return nil }
        guard let hours = self.quietHours else {
            return LooserLimit(key: "scheduler.quietHours", value: "off", standard: standard.description)
        }
        guard !hours.covers(standard) else { return nil }
        return LooserLimit(
            key: "scheduler.quietHours", value: hours.description, standard: standard.description)
    }

    /// A limit that is off is higher than any.
    private static func ifHigher<Value: Comparable & SignedNumeric>(
        _ key: String, _ value: Value?, _ standard: Value?
    ) -> LooserLimit? {
        guard let standard, standard > 0 else { return nil }
        if let value, value > 0, value <= standard { return nil }
        return LooserLimit(
            key: "scheduler.\(key)", value: value.map { $0 > 0 ? "\($0)" : "off" } ?? "off", standard: "\(standard)")
    }

    private static func ifLower(_ key: String, _ value: Double?, _ standard: Double?) -> LooserLimit? {
        guard let standard, (value ?? 0) < standard else { return nil }
        return LooserLimit(key: "scheduler.\(key)", value: value.map { "\($0)" } ?? "off", standard: "\(standard)")
    }

    private static func ifShorter(_ key: String, _ value: Duration, _ standard: Duration) -> LooserLimit? {
        guard value < standard else { return nil }
        return LooserLimit(key: "scheduler.\(key)", value: "\(value.seconds) s", standard: "\(standard.seconds) s")
    }

    private static func ifOff(_ key: String, _ value: Bool, _ standard: Bool) -> LooserLimit? {
        guard standard, !value else { return nil }
        return LooserLimit(key: "scheduler.\(key)", value: "off", standard: "on")
    }
}
