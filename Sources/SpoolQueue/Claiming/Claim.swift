public import Foundation
public import SpoolCore

/// What one claim came to.
public struct Claim: Equatable, Sendable {
    /// What was decided of a message that was not claimed.
    public struct Judgement: Equatable, Sendable {
        public var message: QueueID
        public var batch: BatchID
        public var verdict: Verdict
    }

    public var messages: [ClaimedMessage] = []
    /// In the order they were judged.
    public var others: [Judgement] = []
    /// It stopped because it had looked at much, not because there was nothing more to look at: claim again at once.
    public var hasMore = false
}

/// A message that was taken into processing: on disk with its wire id and attempt number.
public struct ClaimedMessage: Equatable, Sendable {
    public var id: QueueID
    public var batch: BatchID
    public var device: DeviceID
    public var wireID: WireMessageID
    public var recipient: Recipient
    public var text: String
    /// 1 for the first attempt.
    public var attempt: Int
    public var firstAttemptAt: Date
    /// Earlier attempts that count for the back-off: those that were given back do not.
    public var earlierAttempts = 0
    /// As it was when the message was claimed.
    public var lane = Lane.cold
    public var media: QueuedMedia?
    public var priority = Priority.normal
}
