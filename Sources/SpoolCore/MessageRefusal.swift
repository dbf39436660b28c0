public import Foundation

/// Why the server did not take a message.
public enum MessageRefusal: Equatable, Sendable {
    /// 463: the account may not reach new people, or this person's token is missing.
    case reachOut(TimeLockKnowledge)
    /// 475: the monthly number of new chats is used up.
    case newChatCap
    /// 479: the recipient's devices have changed.
    case staleDevices(isSecondTime: Bool)
    /// Another error that stays.
    case permanent(code: Int?)
    /// Another error that may pass.
    case temporary(code: Int?)
}

/// What is known of the account's time lock when 463 comes.
public enum TimeLockKnowledge: Equatable, Sendable {
    case active(until: Date?)
    case inactive
    /// Nobody has asked yet.
    case unknown
}
