public import Foundation
public import SpoolCore

/// A message as the API and `spoolctl` show it.
public struct MessageView: Equatable, Sendable {
    public var id: QueueID
    public var batch: BatchID
    public var user: UserName
    public var line: Int
    public var number: String
    public var ref: String?
    public var status: MessageState
    public var reason: String?
    public var notBefore: Date?
    public var priority: Priority
    public var device: DeviceID?
    public var wireID: WireMessageID?
    public var queuedAt: Date
    public var sentAt: Date?
    public var deliveredAt: Date?
    public var readAt: Date?
    public var finishedAt: Date?
    public var errorCode: String?
    public var error: String?
    public var isDryRun: Bool

    /// The fields of the contract, in its order; `dryRun` is there only when true.
    public var json: JSONValue {
        let fields: JSONValue = [
            "queueId": .number(self.id.rawValue), "batchId": .number(self.batch.rawValue), "line": .number(self.line),
            "number": .string(self.number), "ref": .text(self.ref), "status": .string(self.status.rawValue),
            "reason": .text(self.reason), "notBefore": .moment(self.notBefore), "priority": .string(self.priority.word),
            "sessionId": .text(self.device?.rawValue), "messageId": .text(self.wireID?.rawValue),
            "queuedAt": .moment(self.queuedAt), "sentAt": .moment(self.sentAt),
            "deliveredAt": .moment(self.deliveredAt),
            "readAt": .moment(self.readAt), "errorCode": .text(self.errorCode), "error": .text(self.error),
        ]
        return self.isDryRun ? fields.adding([.init("dryRun", true)]) : fields
    }
}

/// One attempt of a message.
public struct AttemptView: Equatable, Sendable {
    public var number: Int
    public var device: DeviceID
    public var startedAt: Date
    public var endedAt: Date?
    /// `sent`, `deferred`, `failed`, `uncertain` or `returned`; `nil` while under way.
    public var outcome: String?
    public var code: String?
    public var detail: String?

    public var json: JSONValue {
        [
            "number": .number(self.number), "sessionId": .string(self.device.rawValue),
            "startedAt": .moment(self.startedAt),
            "endedAt": .moment(self.endedAt), "outcome": .text(self.outcome), "code": .text(self.code),
            "detail": .text(self.detail),
        ]
    }
}

/// A batch as the API and `spoolctl` show it.
public struct BatchView: Equatable, Sendable {
    public var id: BatchID
    public var user: UserName
    public var file: String
    /// The name that its answers begin with, printable form.
    public var results: String
    public var name: String?
    public var status: BatchState
    public var refused: Int
    public var pending: Int
    public var processing: Int
    public var sent: Int
    /// Messages that failed after import; refused rows are apart.
    public var failedMessages: Int
    public var cancelled: Int
    public var held: Int
    public var takenAt: Date
    public var importedAt: Date?
    /// When its last message became final.
    public var settledAt: Date?
    public var reportedAt: Date?
    public var retryOf: BatchID?
    public var isDryRun: Bool

    /// All rows, refused ones included.
    public var total: Int {
        self.refused + self.pending + self.processing + self.sent + self.failedMessages + self.cancelled
    }

    /// Failed messages and refused rows.
    public var failed: Int { self.failedMessages + self.refused }

    /// The fields of the contract, in its order; `estimatedCompletion` is the caller's to compute.
    public func json(estimatedCompletion: Date?) -> JSONValue {
        let fields: JSONValue = [
            "batchId": .number(self.id.rawValue), "file": .string(self.file), "name": .text(self.name),
            "status": .string(self.status.rawValue), "total": .number(self.total), "pending": .number(self.pending),
            "processing": .number(self.processing), "sent": .number(self.sent), "failed": .number(self.failed),
            "cancelled": .number(self.cancelled), "held": .number(self.held),
            "estimatedCompletion": .moment(estimatedCompletion), "retryOf": .number(self.retryOf?.rawValue),
        ]
        return self.isDryRun ? fields.adding([.init("dryRun", true)]) : fields
    }
}

/// Counts for one day or one device.
public struct OutcomeCounts: Equatable, Sendable {
    public var sent = 0
    public var failed = 0
    public var cancelled = 0
}

/// What the statistics of a period hold.
public struct StatisticsView: Equatable, Sendable {
    /// In the period; refused rows count as failed on the day of their import.
    public var period: OutcomeCounts
    /// Sent ever.
    public var totalSent: Int
    /// Pending and processing now.
    public var inQueue: Int
    /// By day in the configured zone (`YYYY-MM-DD`), oldest first.
    public var byDate: [(date: String, counts: OutcomeCounts)]
    /// By device; messages that failed or were cancelled before any device had them are not in it.
    public var byDevice: [(device: String, counts: OutcomeCounts)]

    public static func == (left: StatisticsView, right: StatisticsView) -> Bool {
        left.period == right.period && left.totalSent == right.totalSent && left.inQueue == right.inQueue
            && left.byDate.elementsEqual(right.byDate, by: ==) && left.byDevice.elementsEqual(right.byDevice, by: ==)
    }
}

/// Which messages a list shows; every condition has to hold.
public struct MessageFilter: Equatable, Sendable {
    public enum List: Sendable {
        /// Pending and processing, in the order of their ids.
        case queue
        /// Sent, failed and cancelled, the latest first.
        case history
    }

    public var list: List
    /// Only this user's; `nil` for all.
    public var user: UserName?
    public var status: MessageState?
    public var device: DeviceID?
    public var batch: BatchID?
    public var number: String?
    public var ref: String?
    /// Finished at or after.
    public var from: Date?
    /// Finished before.
    public var until: Date?

    public init(
        _ list: List, user: UserName? = nil, status: MessageState? = nil, device: DeviceID? = nil,
        batch: BatchID? = nil,
        number: String? = nil, ref: String? = nil, from: Date? = nil, until: Date? = nil
    ) {
        self.list = list
        self.user = user
        self.status = status
        self.device = device
        self.batch = batch
        self.number = number
        self.ref = ref
        self.from = from
        self.until = until
    }
}

/// Where a page of a list ends, opaque to users; reading goes on behind it.
public struct PageCursor: Equatable, Sendable, CustomStringConvertible {
    let moment: Int64
    let id: Int64

    init(moment: Int64, id: Int64) {
        self.moment = moment
        self.id = id
    }

    /// Reads what `description` wrote; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let moment = Int64(parts[0], radix: 36), let id = Int64(parts[1], radix: 36),
            moment >= 0,
            id >= 0
        else { return nil }
        self.moment = moment
        self.id = id
    }

    public var description: String { String(self.moment, radix: 36) + "-" + String(self.id, radix: 36) }
}

/// One page of a list.
public struct Page<Element: Sendable>: Sendable {
    public var elements: [Element]
    /// `nil` on the last page.
    public var next: PageCursor?
}

/// What the `.accepted.json` or `.rejected.json` of a batch says.
public struct ImportAnswer: Equatable, Sendable {
    public struct Row: Equatable, Sendable {
        public var line: Int
        public var refusal: Refusal
    }

    public var batch: BatchView
    public var firstQueueID: QueueID?
    public var lastQueueID: QueueID?
    /// All ids, unless there are more than 10,000.
    public var queueIDs: [QueueID]?
    /// The first 1,000 refused rows.
    public var refusals: [Row]
    public var rejection: BatchRejection?
    public var original: String?
}
