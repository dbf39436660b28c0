public import Foundation

/// A pending message at the head of its line, with what is known of its recipient: what a rule decides on.
public struct Candidate: Equatable, Sendable {
    public var id: QueueID
    public var batch: BatchID
    public var user: Int64
    public var priority: Priority
    public var recipient: Recipient
    public var lane: Lane
    /// Its text went to this recipient within 24 hours before, and the two do not carry different `ref`s.
    public var repeatsText: Bool
    /// A person has released it: rules that hold do not hold it again.
    public var isReleased: Bool
    /// It was attempted before under its id and may have arrived: it stays with its device.
    public var isUncertain: Bool
    /// The row's `tz`.
    public var timeZone: String?
    public var queuedAt: Date
    public var expiresAt: Date?
    public var facts: RecipientFacts

    public init(
        id: QueueID, batch: BatchID, user: Int64, priority: Priority, recipient: Recipient, lane: Lane,
        repeatsText: Bool = false, isReleased: Bool = false, isUncertain: Bool = false, timeZone: String? = nil,
        queuedAt: Date, expiresAt: Date? = nil, facts: RecipientFacts = RecipientFacts()
    ) {
        self.id = id
        self.batch = batch
        self.user = user
        self.priority = priority
        self.recipient = recipient
        self.lane = lane
        self.repeatsText = repeatsText
        self.isReleased = isReleased
        self.isUncertain = isUncertain
        self.timeZone = timeZone
        self.queuedAt = queuedAt
        self.expiresAt = expiresAt
        self.facts = facts
    }
}

/// What the queue knows of a recipient, over all devices where it does not say otherwise.
public struct RecipientFacts: Equatable, Sendable {
    /// On the user's suppression list.
    public var isSuppressed: Bool
    /// The latest moment that is taken by a message to the recipient, sent or promised: the next one keeps a gap to it.
    public var lastSlot: Date?
    /// When the recipient last wrote to the device that asks.
    public var lastInbound: Date?
    /// Whether the recipient ever wrote to the device that asks, or read a message of it.
    public var isKnown: Bool
    /// The latest cold message that was not answered, and how many there were in the last 30 days.
    public var lastUnanswered: Date?
    public var unanswered: Int
    /// The server says it cannot be reached for now: not before this moment.
    public var blockedUntil: Date?

    public init(
        isSuppressed: Bool = false, lastSlot: Date? = nil, lastInbound: Date? = nil, isKnown: Bool = false,
        lastUnanswered: Date? = nil, unanswered: Int = 0, blockedUntil: Date? = nil
    ) {
        self.isSuppressed = isSuppressed
        self.lastSlot = lastSlot
        self.lastInbound = lastInbound
        self.isKnown = isKnown
        self.lastUnanswered = lastUnanswered
        self.unanswered = unanswered
        self.blockedUntil = blockedUntil
    }
}

/// What is to become of a candidate.
public enum Verdict: Equatable, Sendable {
    /// It may leave now, from the device that asks.
    case send
    /// Not before then; costs no attempt. The queue promises the moment to the recipient's next message too.
    case wait(until: Date, reason: String)
    /// Until a person releases it, or it expires; `failAt` is when it fails with `code` if nobody does.
    case hold(code: ErrorCode, reason: String, failAt: Date?)
    case fail(ErrorCode, error: String)
    case cancel(ErrorCode, error: String)
    /// It belongs to another lane by now.
    case change(to: Lane)
}
