import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

/// A message to a group: one ciphertext for all, and beside it our sender key for those who lack it.
struct GroupStanza: Sendable {
    var id: String
    var form: MessageForm
    var group: JID
    var addressing: Addressing
    /// Over all devices of all members, ours too.
    var participantHash: String
    /// The sender key, encrypted for each device that needs it.
    var distribution: [(jid: JID, ciphertext: CiphertextMessage)]
    /// The `SenderKeyMessage`.
    var message: [UInt8]
    /// The proof that we belong to our account, for those who get the first message of a session.
    var identity: [UInt8]

    var node: Node {
        var attributes: Attributes = [
            "id": .string(self.id), "to": .jid(self.group), "type": .string(self.form.type),
            "phash": .string(self.participantHash),
        ]
        if self.addressing == .lid { attributes["addressing_mode"] = "lid" }
        var children: [Node] = []
        if !self.distribution.isEmpty {
            let devices = self.distribution.map { jid, ciphertext in
                Node("to", ["jid": .jid(jid)], children: [ciphertext.node(nil)])
            }
            children.append(Node("participants", children: devices))
        }
        if self.distribution.contains(where: \.ciphertext.startsSession) {
            children.append(Node("device-identity", bytes: self.identity))
        }
        var enc = Node("enc", ["v": "2", "type": "skmsg"], bytes: self.message)
        enc.attributes["mediatype"] = self.form.mediaType.map { .string($0) }
        children.append(enc)
        return Node("message", attributes, children: children)
    }
}
