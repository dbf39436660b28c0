import SpoolScheduler

extension ConfigurationKey {
    /// The rules of sending. Only here does a value have a looser side, and a default that depends on the profile.
    static let scheduler: [ConfigurationKey] = Self.pacing + Self.strangers + Self.recipients

    private static let pacing: [ConfigurationKey] = [
        .init(
            "scheduler.profile", \.scheduler.policy.profile, .choice,
            "How strangers are written to: standard, or careful with daily caps for them, reply ratios and quiet hours. "
                + "Keys that say so have another default in careful."
        ),
        .init(
            "scheduler.acceptRisk", \.scheduler.acceptRisk, .boolean,
            "Without it a limit looser than its default stops the start: it may cost the account."),
        .init(
            "scheduler.delay.minimum", \.scheduler.policy.pacing.minimumDelay, .pause,
            "The shortest random gap between two messages of one device, typing included."),
        .init(
            "scheduler.delay.maximum", \.scheduler.policy.pacing.maximumDelay, .pause,
            "The longest such gap; a person does not send by the clock."),
        .init(
            "scheduler.hourly", \.scheduler.policy.pacing.hourly, .countLimit,
            "The most messages of one device in any 60 minutes."),
        .init(
            "scheduler.daily", \.scheduler.policy.pacing.daily, .countLimit,
            "The most messages of one device in any 24 hours."),
        .init(
            "scheduler.rest.after", \.scheduler.policy.pacing.restAfter, .countLimit,
            "After so many messages a device rests, as a person would."),
        .init("scheduler.rest.for", \.scheduler.policy.pacing.rest, .pause, "How long it rests, ±20 %."),
        .init(
            "scheduler.cooldown.failures", \.scheduler.policy.cooldown.failures, .countLimit,
            "After so many temporary failures in a row a device cools down: one is chance, three are a wish."),
        .init(
            "scheduler.cooldown.for", \.scheduler.policy.cooldown.first, .pause,
            "How long it cools down; doubles with each further failure."),
        .init(
            "scheduler.cooldown.maximum", \.scheduler.policy.cooldown.maximum, .durationLimit,
            "Where the doubling ends; null nowhere."),
        .init(
            "scheduler.spreading", \.scheduler.policy.spreading, .boolean,
            "Whether a long backlog uses the whole hour and day instead of bursting to their caps."),
        .init(
            "scheduler.reconnectRamp", \.scheduler.policy.reconnectRamp, .pause,
            "How long after a reconnect the rate climbs from a tenth to the whole: no person comes back in a burst."),
        .init(
            "scheduler.humanSimulation", \.scheduler.policy.humanSimulation, .boolean,
            "Whether a device shows itself online and typing before a message, within its gap."),
    ]

    private static let strangers: [ConfigurationKey] = [
        .init(
            "scheduler.warmUp", \.scheduler.policy.warmUp, .boolean,
            "Whether a new device writes to 20 strangers on its first day, then to more from day to day, for a week."),
        .init(
            "scheduler.coldDaily", \.scheduler.policy.coldDaily, .countLimit,
            "The most strangers one device writes to in any 24 hours; in careful 50, and never above 250."),
        .init(
            "scheduler.replyRatio.warnBelow", \.scheduler.policy.replyRatio.warnBelow, .shareLimit,
            "Below this share of answers from its last 100 strangers a person is warned; in careful 5%."),
        .init(
            "scheduler.replyRatio.holdBelow", \.scheduler.policy.replyRatio.holdBelow, .shareLimit,
            "Below this share the device writes to no strangers until a person resumes it; in careful 1%."),
        .init(
            "scheduler.breaker.window", \.scheduler.policy.breaker.window, .countLimit,
            "How many of the last messages to strangers must have arrived; null looks at none."),
        .init(
            "scheduler.breaker.leastDelivered", \.scheduler.policy.breaker.leastDelivered, .share,
            "Below this share of them strangers wait: the service, or people, let the device run dry."),
        .init(
            "scheduler.breaker.for", \.scheduler.policy.breaker.first, .positiveDuration,
            "How long they wait, until one probe goes out; doubles each time it does not arrive, up to a day."),
        .init(
            "scheduler.badList", \.scheduler.policy.badList.share, .shareLimit,
            "Above this share of a batch's last 50 numbers that are not on WhatsApp it is held; in careful 10%."),
        .init(
            "scheduler.sameText", \.scheduler.policy.sameText.most, .countLimit,
            "To how many strangers one device sends the same text in an hour before a person is warned; careful holds."),
    ]

    private static let recipients: [ConfigurationKey] = [
        .init(
            "scheduler.recipientGap", \.scheduler.policy.recipient.gap, .pause,
            "The least time between two messages to one recipient; below 6s the service refuses."),
        .init(
            "scheduler.repeatWindow", \.scheduler.policy.recipient.repeatWindow, .durationLimit,
            "The same text to the same number within a day is held so long, and fails if nobody releases it."),
        .init(
            "scheduler.unanswered.pause", \.scheduler.policy.recipient.unansweredPause, .durationLimit,
            "How long a stranger who has not answered is left alone; in careful 24h."),
        .init(
            "scheduler.unanswered.monthly", \.scheduler.policy.recipient.unansweredMonthly, .countLimit,
            "The most messages to a stranger in 30 days without an answer, over all devices; in careful 3."),
        .init(
            "scheduler.quietHours", \.scheduler.policy.quietHours, .quietHours,
            "When nobody is written to who has not just written, in the recipient's own time; in careful 21:00-08:00."),
        .init(
            "scheduler.onUncertain", \.scheduler.onUncertain, .choice,
            "What becomes of an attempt that a crash left without an answer: resend under the same id, hold, or fail."),
    ]
}
