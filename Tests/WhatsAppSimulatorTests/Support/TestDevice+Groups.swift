import Foundation
import SignalProtocol
import SpoolTestSupport
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

// What a linked device does in groups.
extension TestDevice {
    mutating func groupQuery(_ group: JID) -> Node {
        var iq = self.iq("w:g2", "get", [Node("query", ["request": "interactive"])])
        iq.attributes["to"] = .jid(group)
        return iq
    }

    mutating func ownGroupsQuery() -> Node {
        let child = Node("participating", children: [Node("participants"), Node("description")])
        var iq = self.iq("w:g2", "get", [child])
        iq.attributes["to"] = "g.us"
        return iq
    }

    private func ownName(_ group: JID) throws -> SenderKeyName {
        SenderKeyName(groupID: group.description, sender: Self.address(try require(self.lid)))
    }

    /// A new sender key from the next message on.
    mutating func rotateSenderKey(_ group: JID) throws {
        _ = try SenderKeyCipher().rotate(self.ownName(group), in: &self.store, using: &self.generator)
    }

    private mutating func senderKey(_ group: JID) throws -> WAMessage {
        let key = try SenderKeyCipher().distributionMessage(
            for: self.ownName(group), in: &self.store, using: &self.generator)
        var message = WAMessage()
        message.senderKeyDistributionMessage.groupID = group.description
        message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = Data(try key.serialized())
        return message
    }

    /// A message to a group.
    /// - Parameters:
    ///   - newcomers: the devices that are given the key.
    ///   - everybody: all devices the hash is over, the own one left out.
    mutating func groupMessage(
        _ content: TestContent, id: String, to group: JID, newcomers: [JID], everybody: [JID]
    ) throws -> Node {
        let key = try self.senderKey(group)
        var participants: [Node] = []
        for jid in newcomers {
            participants.append(Node("to", ["jid": .jid(jid)], children: [try self.enc(key, for: jid)]))
        }
        let padded = MessagePadding.pad(try content.message.serializedBytes(), using: &self.generator)
        let bytes = try SenderKeyCipher().encrypt(
            padded, as: self.ownName(group), in: &self.store, using: &self.generator)
        var body = Node("enc", ["v": "2", "type": "skmsg"], bytes: bytes)
        body.attributes["mediatype"] = content.mediaType.map { .string($0) }
        var children = participants.isEmpty ? [] : [Node("participants", children: participants)]
        if participants.contains(where: { $0.child("enc")?.string("type") == "pkmsg" }) {
            children.append(Node("device-identity", bytes: try require(self.proof).serialized()))
        }
        children.append(body)
        let isByNumber = everybody.first?.server == .user
        let own = try require(isByNumber ? self.pn : self.lid)
        return Node(
            "message",
            [
                "id": .string(id), "to": .jid(group), "type": .string(content.type),
                "phash": .string(try ParticipantHash.hash(of: everybody + [own])),
                "addressing_mode": isByNumber ? "pn" : "lid",
            ], children: children)
    }

    /// The answer to a retry receipt: the message for one device, with the key.
    mutating func groupRepetition(
        _ content: TestContent, id: String, to group: JID, for participant: JID, count: Int
    ) throws -> Node {
        var message = content.message
        message.senderKeyDistributionMessage = try self.senderKey(group).senderKeyDistributionMessage
        var enc = try self.enc(message, for: participant)
        enc.attributes["count"] = .integer(count)
        var children = [enc]
        if enc.string("type") == "pkmsg" {
            children.append(Node("device-identity", bytes: try require(self.proof).serialized()))
        }
        return Node(
            "message",
            [
                "id": .string(id), "to": .jid(group), "type": .string(content.type),
                "participant": .jid(participant),
            ], children: children)
    }

    /// The text of a message from a group; a key that comes with it is taken in.
    mutating func decryptGroup(_ stanza: Node) throws -> String {
        let sender = try require(stanza.jid("participant"))
        let group = try require(stanza.string("from"))
        let name = SenderKeyName(groupID: group, sender: Self.address(sender))
        for enc in stanza.children("enc") where enc.string("type") != "skmsg" {
            var copy = stanza
            copy.attributes["from"] = .jid(sender)
            copy.content = .nodes([enc])
            let message = try self.decryptMessage(copy)
            let key = try SenderKeyDistributionMessage(
                serialized: Array(message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage))
            try SenderKeyCipher().process(key, from: name, in: &self.store)
            if message.hasConversation { return message.conversation }
        }
        let body = try require(stanza.children("enc").first { $0.string("type") == "skmsg" }?.bytes)
        let plaintext = try SenderKeyCipher().decrypt(
            SenderKeyMessage(serialized: body), from: name, in: &self.store)
        return try WAMessage(serializedBytes: MessagePadding.unpad(plaintext)).conversation
    }
}
