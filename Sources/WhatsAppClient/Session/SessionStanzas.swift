import Foundation
public import WhatsAppBinary

extension Node {
    /// The acknowledgement of a `message`, `receipt`, `notification` or `call`.
    public static func acknowledging(_ stanza: Node) -> Node {
        var attributes: Attributes = ["class": .string(stanza.tag)]
        attributes["id"] = stanza.attributes["id"]
        attributes["to"] = stanza.attributes["from"]
        attributes["participant"] = stanza.attributes["participant"]
        attributes["recipient"] = stanza.attributes["recipient"]
        if stanza.tag != "message" { attributes["type"] = stanza.attributes["type"] }
        return Node("ack", attributes)
    }

    /// An `iq` to the service; the channel gives it an id.
    public static func iq(_ type: String, xmlns: String, to: JID = .service, children: [Node] = []) -> Node {
        Node(
            "iq", ["xmlns": .string(xmlns), "type": .string(type), "to": .jid(to)],
            content: children.isEmpty ? .empty : .nodes(children))
    }

    /// Whether the other side of this stanza is the service itself.
    var isFromService: Bool {
        self.jid("from")?.normalized == .service
    }

    /// The number the web client sends after logging in and linking: time within a week, three days ahead.
    /// - Parameter offset: how far the server's clock is ahead of ours.
    static func unifiedSession(at date: Date, clockOffset offset: Duration) -> Node {
        let milliseconds = Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded(.down)) ?? 0
        let shifted = (Duration.milliseconds(milliseconds) + offset + .seconds(259_200)) / .milliseconds(1)
        let number = Int64(exactly: shifted.truncatingRemainder(dividingBy: 604_800_000).rounded(.down)) ?? 0
        return Node("ib", children: [Node("unified_session", ["id": .integer(max(number, 0))])])
    }
}

/// Whether others see the account as online. A device that is available keeps the phone from ringing.
public enum Presence: String, Sendable {
    case available, unavailable

    /// - Parameter name: what others see as the account's name; the service wants one.
    public func stanza(name: String) -> Node {
        Node("presence", ["type": .string(self.rawValue), "name": .string(name)])
    }
}

/// What the other side of a chat sees below our name, while we are available. Forgotten there after 10 to 25 s.
public enum ChatState: String, Sendable {
    case composing, paused

    /// - Parameter chat: as in the messages to it.
    public func stanza(to chat: JID) -> Node {
        Node("chatstate", ["to": .jid(chat)], children: [Node(self.rawValue)])
    }
}

extension StanzaChannel {
    public func sendPresence(_ presence: Presence, name: String) async throws(ClientError) {
        try await self.send(presence.stanza(name: name))
    }

    public func sendChatState(_ state: ChatState, to chat: JID) async throws(ClientError) {
        try await self.send(state.stanza(to: chat))
    }
}
