public import Foundation

/// What the service lets a device know about the account's standing. The scheduler decides what follows from it.
public enum ServerSignal: Equatable, Codable, Sendable {
    /// The account may not write to people who do not know it, until then; `nil` when the service did not say.
    case reachOutTimeLock(until: Date?)
    /// It may again.
    case reachOutTimeLockLifted
    /// The account's monthly number of new chats.
    case newChatQuota(NewChatQuota)
    /// The account is banned for a time, `nil` when the service did not say how long; the code says what for.
    case temporaryBan(code: Int?, until: Date?)
    /// The connection was lost, or the server ended it with an error of its own.
    case transportFailure(code: Int?)
}

/// How much of the account's monthly number of new chats is used up.
public struct NewChatQuota: Equatable, Codable, Sendable {
    public enum Level: String, Codable, Sendable {
        case none, firstWarning, secondWarning, capped
    }

    public var level: Level
    public var total: Int?
    public var used: Int?
    public var endsAt: Date?

    public init(level: Level, total: Int? = nil, used: Int? = nil, endsAt: Date? = nil) {
        self.level = level
        self.total = total
        self.used = used
        self.endsAt = endsAt
    }
}

/// What others see of a device while it is about to send.
public enum ChatActivity: Equatable, Sendable {
    /// Online, seen by everybody who may see it.
    case available
    case unavailable
    /// In the chat with this recipient.
    case composing(Recipient)
    case recording(Recipient)
    case paused(Recipient)
}
