public import Foundation

/// A message on a phone, as its owner sees it.
public struct InboxMessage: Sendable, Hashable {
    public let id: String
    /// The number of the one who wrote it.
    public let from: String
    /// The number of the other side of the chat: `from`, or whom the owner has written to; or the address of the group.
    public let chat: String
    /// The text, or the caption of a file; empty when there is none.
    public let text: String
    /// The file, where the message has one.
    public internal(set) var media: InboxMedia?
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
    private var positions: [MessageKey: Int] = [:]
    /// Those the owner has not written; with a file only when it is there, or cannot be had.
    private(set) var receivedCount = 0

    subscript(key: MessageKey) -> InboxMessage? { self.positions[key].map { self.messages[$0] } }

    /// - Returns: false when the message was there already, which then counts as a repetition.
    mutating func add(
        _ key: MessageKey, text: String, media: InboxMedia?, on device: SimulatedDeviceID, now: Date
    ) -> Bool {
        if let position = self.positions[key] {
            self.messages[position].repeats += 1
            return false
        }
        self.positions[key] = self.messages.count
        let isFromMe = key.from == device.number
        self.messages.append(
            InboxMessage(
                id: key.id, from: key.from, chat: key.chat, text: text, media: media, isFromMe: isFromMe, time: now,
                repeats: 0, isRead: false))
        if !isFromMe, media == nil { self.receivedCount += 1 }
        return true
    }

    /// Notes what became of a message's file.
    mutating func settle(_ key: MessageKey, _ state: InboxMedia.State) {
        guard let position = self.positions[key], self.messages[position].media?.state == .waiting else { return }
        self.messages[position].media?.state = state
        if !self.messages[position].isFromMe { self.receivedCount += 1 }
    }

    /// Counts a repetition of which no more is known than its id; false when nothing has that id.
    mutating func countRepeat(_ key: MessageKey) -> Bool {
        guard let position = self.positions[key] else { return false }
        self.messages[position].repeats += 1
        return true
    }

    /// - Returns: false when there is no such message, or it is read already.
    mutating func markRead(_ key: MessageKey) -> Bool {
        guard let position = self.positions[key], !self.messages[position].isRead else { return false }
        self.messages[position].isRead = true
        return true
    }
}

/// What became of a message that a phone has sent, as its owner sees it.
public struct SentMessage: Sendable, Hashable {
    public let id: String
    /// A number, or the address of a group.
    public let to: String
    let content: PhoneContent
    /// The devices that have said they have got it, and those on which it was read.
    public internal(set) var deliveredTo: Set<SimulatedDeviceID> = []
    public internal(set) var readOn: Set<SimulatedDeviceID> = []

    /// The text, or the caption of a file.
    public var text: String { self.content.text }
}
