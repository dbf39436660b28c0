extension ConfigurationKey {
    /// The pace of sending. Only here does a value have a looser side.
    static let scheduler: [ConfigurationKey] = [
        .init(
            "scheduler.profile", \.scheduler.profile, .choice,
            "How strangers are written to: standard, or careful with daily caps for them, reply ratios and quiet hours."
        ),
        .init(
            "scheduler.acceptRisk", \.scheduler.acceptRisk, .boolean,
            "Without it a limit looser than its default stops the start: it may cost the account."),
        .init(
            "scheduler.delay.minimum", \.scheduler.delay.minimum, .pause, looser: Looser.ifShorter,
            "The shortest random gap between two messages of one device."),
        .init(
            "scheduler.delay.maximum", \.scheduler.delay.maximum, .pause, looser: Looser.ifShorter,
            "The longest such gap."),
        .init(
            "scheduler.hourly", \.scheduler.hourly, .countLimit, looser: Looser.ifHigher,
            "The most messages of one device in any 60 minutes."),
        .init(
            "scheduler.daily", \.scheduler.daily, .countLimit, looser: Looser.ifHigher,
            "The most messages of one device in any 24 hours."),
        .init(
            "scheduler.rest.after", \.scheduler.rest.after, .countLimit, looser: Looser.ifHigher,
            "After so many messages a device rests, as a person would."),
        .init(
            "scheduler.rest.for", \.scheduler.rest.duration, .pause, looser: Looser.ifShorter,
            "How long it rests, ±20 %."),
        .init(
            "scheduler.cooldown.failures", \.scheduler.cooldown.failures, .countLimit, looser: Looser.ifHigher,
            "After so many temporary failures in a row a device cools down."),
        .init(
            "scheduler.cooldown.for", \.scheduler.cooldown.duration, .pause, looser: Looser.ifShorter,
            "How long it cools down; doubles with each further failure."),
        .init(
            "scheduler.cooldown.maximum", \.scheduler.cooldown.maximum, .durationLimit, looser: Looser.ifShorter,
            "Where the doubling ends; null nowhere."),
        .init(
            "scheduler.warmUp", \.scheduler.warmUp, .boolean, looser: Looser.ifOff,
            "Whether a new device starts with few strangers a day and writes to more from day to day."),
        .init(
            "scheduler.spreading", \.scheduler.spreading, .boolean, looser: Looser.ifOff,
            "Whether a long backlog uses the whole hour and day instead of bursting to their caps."),
        .init(
            "scheduler.humanSimulation", \.scheduler.humanSimulation, .boolean,
            "Whether a device shows itself online and typing before a message."),
        .init(
            "scheduler.recipientGap", \.scheduler.recipientGap, .pause, looser: Looser.ifShorter,
            "The least time between two messages to one recipient."),
        .init(
            "scheduler.onUncertain", \.scheduler.onUncertain, .choice,
            "What becomes of an attempt that a crash left without an answer: resend under the same id, hold, or fail."),
    ]
}
