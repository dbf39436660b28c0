public import SpoolCore

/// What others see of a device around one message, and when: online, typing or recording, paused, then the message.
///
/// Pure: the steps and their moments. A step that fails is left out; only the message counts.
public struct HumanPlan: Equatable, Sendable {
    public enum Act: Equatable, Sendable {
        case show(ChatActivity)
        case send
    }

    public struct Step: Equatable, Sendable {
        /// From the beginning of the plan; steps are in order.
        public var after: Duration
        public var act: Act
    }

    public let steps: [Step]

    /// When the message leaves, from the beginning of the plan.
    public var sendsAfter: Duration { self.steps.first { $0.act == .send }?.after ?? .zero }

    /// Characters a second of somebody who types on a phone.
    static let speed = 6.0
    /// Seconds of typing, however short or long the text.
    static let length = 1.5...12.0
    /// The service forgets that somebody types unless it hears so again.
    static let renewal = 10.0
    /// The longest plan until the message leaves, in seconds: so much earlier a device begins than its gap ends.
    static let longest = Self.length.upperBound + Self.pauseRange.upperBound
    /// Seconds between the last key and the message.
    private static let pauseRange = 0.2...0.8
    private static let speedRange = 0.8...1.2

    /// - Parameters:
    ///   - characters: Of the text or caption.
    ///   - isVoice: A voice note is recorded, not typed.
    ///   - gap: What is left of the device's pause: the message does not leave before, and typing falls into it.
    public init(
        to recipient: Recipient, characters: Int, isVoice: Bool = false, gap: Duration = .zero,
        using generator: inout some RandomNumberGenerator
    ) {
        let speed = Self.speed * generator.uniform(in: Self.speedRange)
        let typing = min(max(Double(max(0, characters)) / speed, Self.length.lowerBound), Self.length.upperBound)
        let pause = generator.uniform(in: Self.pauseRange)
        let begin = max(0, gap.seconds - typing - pause)
        var steps = [Step(after: .seconds(begin), act: .show(.available))]
        var moment = 0.0
        while moment < typing {
            let activity: ChatActivity = isVoice ? .recording(recipient) : .composing(recipient)
            steps.append(Step(after: .seconds(begin + moment), act: .show(activity)))
            moment += Self.renewal
        }
        steps.append(Step(after: .seconds(begin + typing), act: .show(.paused(recipient))))
        let sending = Duration.seconds(begin + typing + pause)
        steps += [Step(after: sending, act: .send), Step(after: sending, act: .show(.unavailable))]
        self.steps = steps
    }

    /// The message at once, for a device that shows nothing.
    public static let plain = HumanPlan(steps: [Step(after: .zero, act: .send)])

    private init(steps: [Step]) { self.steps = steps }
}
