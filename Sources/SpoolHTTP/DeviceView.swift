public import Foundation
public import SpoolCore

/// A device as the API and `spoolctl` show it.
public struct DeviceView: Equatable, Sendable {
    public var sessionID: DeviceID
    /// The account's own number, digits only; `nil` while unknown.
    public var number: String?
    /// `connected`, `disconnected`, `banned`, `unlinked`, `replaced`, `refused`, `outdated` or `failed`.
    public var status: String
    /// Whether it counts as connected in the statistics.
    public var isConnected: Bool
    public var connectedAt: Date?
    public var sentLastHour: Int
    /// `nil` when the limit is off.
    public var hourlyLimit: Int?
    public var sentLastDay: Int
    /// `nil` when the limit is off.
    public var dailyLimit: Int?
    public var nextSendAt: Date?
    public var pausedUntil: Date?
    public var pauseReason: String?
    public var isDryRun: Bool

    public init(
        sessionID: DeviceID, number: String?, status: String, isConnected: Bool, connectedAt: Date?, sentLastHour: Int,
        hourlyLimit: Int?, sentLastDay: Int, dailyLimit: Int?, nextSendAt: Date? = nil, pausedUntil: Date? = nil,
        pauseReason: String? = nil, isDryRun: Bool = false
    ) {
        self.sessionID = sessionID
        self.number = number
        self.status = status
        self.isConnected = isConnected
        self.connectedAt = connectedAt
        self.sentLastHour = sentLastHour
        self.hourlyLimit = hourlyLimit
        self.sentLastDay = sentLastDay
        self.dailyLimit = dailyLimit
        self.nextSendAt = nextSendAt
        self.pausedUntil = pausedUntil
        self.pauseReason = pauseReason
        self.isDryRun = isDryRun
    }

    /// The fields of the contract, in its order; `dryRun` is there only when true.
    public var json: JSONValue {
        let fields: JSONValue = [
            "sessionId": .string(self.sessionID.rawValue), "number": .text(self.number), "status": .string(self.status),
            "connectedAt": .moment(self.connectedAt), "sentLastHour": .number(self.sentLastHour),
            "hourlyLimit": .number(self.hourlyLimit), "sentLastDay": .number(self.sentLastDay),
            "dailyLimit": .number(self.dailyLimit), "nextSendAt": .moment(self.nextSendAt),
            "pausedUntil": .moment(self.pausedUntil), "pauseReason": .text(self.pauseReason),
        ]
        return self.isDryRun ? fields.adding([.init("dryRun", true)]) : fields
    }
}
