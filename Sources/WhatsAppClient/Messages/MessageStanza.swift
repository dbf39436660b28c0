import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

/// A message to a person, as a stanza.
struct MessageStanza: Sendable {
    var id: String
    var form: MessageForm
    /// The chat, without device. All participants are in its form of address.
    var to: JID
    /// The chat by phone number, where `to` is a hidden id.
    var recipientPN: JID?
    var participants: [(jid: JID, ciphertext: CiphertextMessage)]
    /// The proof that we belong to our account, for those who get the first message of a session.
    var identity: [UInt8]
    /// A privacy token, or what stands in for it.
    var token: Node?

    var node: Node {
        var attributes: Attributes = ["id": .string(self.id), "to": .jid(self.to), "type": .string(self.form.type)]
        if self.to.isLID, let pn = self.recipientPN { attributes["peer_recipient_pn"] = .jid(pn) }
        let devices = self.participants.map { jid, ciphertext in
            Node("to", ["jid": .jid(jid)], children: [ciphertext.node(self.form)])
        }
        var children = [Node("participants", children: devices)]
        if self.participants.contains(where: \.ciphertext.startsSession) {
            children.append(Node("device-identity", bytes: self.identity))
        }
        if let token { children.append(token) }
        return Node("message", attributes, children: children)
    }
}

/// A message once more, for one device that could not decrypt it.
struct RepetitionStanza: Sendable {
    var request: RetryRequest
    var form: MessageForm
    var ciphertext: CiphertextMessage
    var identity: [UInt8]
    var token: Node?

    var node: Node {
        var attributes: Attributes = [
            "id": .string(self.request.id), "to": .jid(self.request.from), "type": .string(self.form.type),
        ]
        attributes["t"] = self.request.timestamp
        if !self.request.isFromGroup { attributes["device_fanout"] = "false" }
        attributes["participant"] = self.request.participant
        attributes["recipient"] = self.request.recipient.map { .jid($0) }
        var enc = self.ciphertext.node(self.form)
        enc.attributes["count"] = .integer(self.request.count)
        var children = [enc]
        if self.ciphertext.startsSession { children.append(Node("device-identity", bytes: self.identity)) }
        if let token { children.append(token) }
        return Node("message", attributes, children: children)
    }
}

extension CiphertextMessage {
    var startsSession: Bool { self.kind == .preKeySignalMessage }

    /// - Parameter form: of what is encrypted; `nil` when that is nothing to be shown.
    func node(_ form: MessageForm?) -> Node {
        let type: AttributeValue =
            switch self.kind {
            case .signalMessage: "msg"
            case .preKeySignalMessage: "pkmsg"
            }
        var attributes: Attributes = ["v": "2", "type": type]
        attributes["mediatype"] = form?.mediaType.map { .string($0) }
        return Node("enc", attributes, bytes: self.serialized)
    }
}
