public import Foundation

/// What the daemon has to say about one row of a drop file when every message of its batch is final.
public struct ResultRow: Equatable, Sendable {
    /// The row's position in its file, from 1, as the reader counts records.
    public var record: Int
    /// `nil` for a row refused at import.
    public var queueID: QueueID?
    public var status: MessageState
    public var wireID: WireMessageID?
    public var device: DeviceID?
    public var sentAt: Date?
    public var deliveredAt: Date?
    public var readAt: Date?
    public var errorCode: ErrorCode?
    public var error: String?

    public init(
        record: Int, queueID: QueueID?, status: MessageState, wireID: WireMessageID? = nil, device: DeviceID? = nil,
        sentAt: Date? = nil, deliveredAt: Date? = nil, readAt: Date? = nil, errorCode: ErrorCode? = nil,
        error: String? = nil
    ) {
        self.record = record
        self.queueID = queueID
        self.status = status
        self.wireID = wireID
        self.device = device
        self.sentAt = sentAt
        self.deliveredAt = deliveredAt
        self.readAt = readAt
        self.errorCode = errorCode
        self.error = error
    }
}
