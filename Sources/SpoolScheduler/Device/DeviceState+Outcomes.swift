public import Foundation
public import SpoolCore

/// What became of messages to strangers, as the queue counts it.
extension DeviceState {
    /// From when on messages to strangers count for `judgeReplies`; `nil` for all.
    public var repliesCountFrom: Date? { self.memory.replyRatio.countsFrom }

    /// The message whose receipt closes the circuit breaker; `nil` while none can.
    public var probe: QueueID? { self.memory.breaker.probe }

    /// Looks at whether messages to strangers arrive. To be asked about every minute while there are some.
    /// - Parameters:
    ///   - outcomes: The last messages to strangers that the server took, at least `BreakerPolicy.window` of them.
    ///   - usual: The share that arrived at this hour of the day in the last seven days, where it is known.
    public mutating func judgeDelivery(
        _ outcomes: [ColdOutcome], usual: Double?, at now: Date
    ) -> [SignalAction] {
        guard self.memory.breaker.judge(outcomes, usual: usual, at: now, self.policy.breaker),
            let closure = self.memory.breaker.closure(at: now, self.policy.breaker)
        else { return [] }
        self.memory.warmUp.stop(at: now)
        return [.stopCold(until: closure.until), .label("breaker_open"), .stopWarmUp, .alarm("\(closure.reason)")]
    }

    /// The recipient's device has a message.
    public mutating func recordDelivery(of message: QueueID, at now: Date) -> [SignalAction] {
        guard self.memory.breaker.recordDelivery(message, at: now) else { return [] }
        return [
            .resumeCold, .label("breaker_closed"), .alarm("circuit breaker: the probe has arrived, strangers go on"),
        ]
    }

    /// A message that was handed over did not leave, or was refused.
    public mutating func recordReturn(of message: QueueID, at now: Date) {
        self.memory.breaker.recordReturn(message, at: now)
    }

    /// Looks at whether strangers answer. To be asked now and then while there are some.
    /// - Parameters:
    ///   - answered: How many of the last `of` messages to strangers since `repliesCountFrom` were answered; `of` is at
    ///     most `ReplyRatioPolicy.over`.
    public mutating func judgeReplies(answered: Int, of: Int) -> [SignalAction] {
        switch self.memory.replyRatio.judge(answered: answered, of: of, self.policy.replyRatio) {
        case nil: []
        case .warning: [.warn(self.memory.replyRatio.words)]
        case .hold: [.stopCold(until: .distantFuture), .alarm(self.memory.replyRatio.words)]
        }
    }
}
