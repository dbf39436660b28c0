public import Foundation

/// What others sent, and what became of what we sent. Any of these may come more than once after a crash.
public enum MessageEvent: Hashable, Sendable {
    /// Somebody wrote, or we did with another device.
    case text(InboundText)
    /// What came while an earlier event of this kind was being handled, in the order in which it came. Receipts come in
    /// any order, also one for delivery after the one for reading.
    case receipts([Receipt])
    /// Somebody is typing, or has stopped.
    case chatState(ChatState, of: Person)
}

/// News of recipients about messages of ours.
public struct Receipt: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A device of the recipient has the messages.
        case delivered
        /// The recipient has read the messages, which implies that they were delivered.
        case read
    }

    public var kind: Kind
    public var ids: [String]
    /// The recipient.
    public var person: Person
    public var date: Date

    public init(_ kind: Kind, ids: [String], person: Person, date: Date) {
        self.kind = kind
        self.ids = ids
        self.person = person
        self.date = date
    }
}

/// A message that came in, which is a text most of the time.
public struct InboundText: Hashable, Sendable {
    public var id: String
    /// The other side of the chat.
    public var chat: Person
    /// Who wrote: the other side, or ourselves on another device.
    public var sender: Person
    public var isFromMe: Bool
    /// `nil` when what was sent is no text.
    public var text: String?
    /// The message whose text this replaces.
    public var editedID: String?
    /// How the sender calls itself.
    public var pushName: String?
    /// When the server took it.
    public var date: Date
    /// Whether it had waited for this device: it may be old.
    public var isBacklog: Bool

    public init(
        id: String, chat: Person, sender: Person, isFromMe: Bool, text: String?, editedID: String? = nil,
        pushName: String? = nil, date: Date, isBacklog: Bool
    ) {
        self.id = id
        self.chat = chat
        self.sender = sender
        self.isFromMe = isFromMe
        self.text = text
        self.editedID = editedID
        self.pushName = pushName
        self.date = date
        self.isBacklog = isBacklog
    }
}

/// Where message events go. What it throws means that the event was not stored: the server repeats what it came from.
public typealias MessageEventHandler = @Sendable (MessageEvent) async throws -> Void
