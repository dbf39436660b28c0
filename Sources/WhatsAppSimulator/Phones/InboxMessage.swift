public import Foundation

/// A message on a phone, as its owner sees it.
public struct InboxMessage: Sendable, Hashable {
    public let id: String
    /// The number of the one who wrote it.
    public let from: String
    /// The number of the other side of the chat: `from`, or whom the owner has written to.
    public let chat: String
    public let text: String
    /// Whether the owner has written it, on another device.
    public let isFromMe: Bool
    public let time: Date
    /// How often the same id came again; the owner sees nothing of it.
    public internal(set) var repeats: Int
    public internal(set) var isRead: Bool
}

/// The messages of a phone in the order in which they came.
struct Inbox: Sendable {
    private(set) var messages: [InboxMessage] = []
    /// By sender, chat and id.
    private var positions: [String: Int] = [:]
    /// Without those the owner has written.
    private(set) var receivedCount = 0

    /// - Returns: false when the message was there already, which then counts as a repetition.
    mutating func add(_ message: InboxMessage) -> Bool {
        let key = Self.key(from: message.from, chat: message.chat, id: message.id)
        if let position = self.positions[key] {
            self.messages[position].repeats += 1
            return false
        }
        self.positions[key] = self.messages.count
        self.messages.append(message)
        if !message.isFromMe { self.receivedCount += 1 }
        return true
    }

    /// Counts a repetition of which no more is known than its id; false when nothing has that id.
    mutating func countRepeat(from: String, chat: String, id: String) -> Bool {
        guard let position = self.positions[Self.key(from: from, chat: chat, id: id)] else { return false }
        self.messages[position].repeats += 1
        return true
    }

    /// - Returns: false when there is no such message, or it is read already.
    mutating func markRead(from: String, chat: String, id: String) -> Bool {
        guard let position = self.positions[Self.key(from: from, chat: chat, id: id)],
            !self.messages[position].isRead
        else { return false }
        self.messages[position].isRead = true
        return true
    }

    private static func key(from: String, chat: String, id: String) -> String { "\(from)|\(chat)|\(id)" }
}

/// What became of a message that a phone has sent, as its owner sees it.
public struct SentMessage: Sendable, Hashable {
    public let id: String
    public let to: String
    public let text: String
    /// The devices that have said they have got it, and those on which it was read.
    public internal(set) var deliveredTo: Set<SimulatedDeviceID> = []
    public internal(set) var readOn: Set<SimulatedDeviceID> = []
}
