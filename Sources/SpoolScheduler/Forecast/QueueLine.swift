public import Foundation
public import SpoolCore

/// Pending messages of one batch that the rules treat alike: what a forecast counts with.
public struct QueueLine: Equatable, Sendable {
    public var batch: BatchID
    public var user: Int64
    public var priority: Priority
    public var lane: Lane
    /// The device that the messages are pinned to or whose recipients they have; `nil`: any may send them.
    public var owner: DeviceID?
    /// Not before then; buckets of an hour are fine enough.
    public var notBefore: Date?
    public var count: Int
    /// Where the recipients live, as far as quiet hours touch them.
    public var zones: RecipientZones.Key?
    /// Of a message, on average: typing takes time.
    public var characters: Int

    public init(
        batch: BatchID, user: Int64, priority: Priority = .normal, lane: Lane, owner: DeviceID? = nil,
        notBefore: Date? = nil, count: Int, zones: RecipientZones.Key? = nil, characters: Int = 60
    ) {
        self.batch = batch
        self.user = user
        self.priority = priority
        self.lane = lane
        self.owner = owner
        self.notBefore = notBefore
        self.count = count
        self.zones = zones
        self.characters = characters
    }
}
