public import Foundation

/// What others sent, and what became of what we sent. Any of these may come more than once after a crash.
public enum MessageEvent: Hashable, Sendable {
    /// Somebody wrote, or we did with another device.
    case text(InboundText)
    /// A device of the recipient has the messages. Receipts come in any order, also after the one for reading.
    case delivered(ids: [String], to: Person, at: Date)
    /// The recipient has read the messages, which implies that they were delivered.
    case read(ids: [String], by: Person, at: Date)
    /// Somebody is typing, or has stopped.
    case chatState(ChatState, of: Person)
}

/// A text that came in.
public struct InboundText: Hashable, Sendable {
    public var id: String
    /// The other side of the chat.
    public var chat: Person
    /// Who wrote: the other side, or ourselves on another device.
    public var sender: Person
    public var isFromMe: Bool
    public var text: String
    /// The message whose text this replaces.
    public var editedID: String?
    /// How the sender calls itself.
    public var pushName: String?
    /// When the server took it.
    public var date: Date
    /// Whether it had waited for this device: it may be old.
    public var isBacklog: Bool
}

/// Where message events go. What it throws means that the event was not stored: the server repeats what it came from.
public typealias MessageEventHandler = @Sendable (MessageEvent) async throws -> Void
