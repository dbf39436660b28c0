import Foundation
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

// What a message to a group must be like. The codes are those of acks.
extension SimulatedService {
    mutating func checkGroupMessage(
        _ node: Node, _ to: JID, from sender: SimulatedDeviceID
    ) throws(StanzaRefusal) -> GroupMessageStanza {
        guard let id = node.string("id"), 1...128 ~= id.utf8.count else {
            throw StanzaRefusal(.malformed, "a message without id, or with one that is too long")
        }
        let group = try self.checkMembership(to, sender)
        let type = try Self.checkType(node)
        guard node.child("tctoken") == nil, node.child("cstoken") == nil else {
            throw StanzaRefusal(479, "a token on a message to a group")
        }
        guard node.attributes["peer_recipient_pn"] == nil, node.attributes["category"] == nil else {
            throw StanzaRefusal(479, "a message to a group with what belongs to people")
        }
        let isRepetition = node.attributes["participant"] != nil
        if !isRepetition { try self.checkMode(node, group) }
        let encs = isRepetition ? try Self.repetition(node) : try Self.keys(node)
        for (_, enc) in encs {
            try Self.check(enc, isRepetition ? .repetition : .message)
            if isRepetition { try Self.checkMediaType(enc, type) }
            guard isRepetition || enc.attributes["mediatype"] == nil else {
                throw StanzaRefusal(479, "a media type on a sender key")
            }
        }
        let kind = isRepetition ? .repetition : try Self.body(node, type)
        let parts = try self.checkMembers(encs, group, sender, isRepetition: isRepetition)
        let identity = try self.checkIdentity(node, encs.map(\.enc), of: sender)
        if !isRepetition { try self.checkHash(node, sender) }
        return GroupMessageStanza(
            id: id, group: group.id.description, type: type, edit: node.attributes["edit"], parts: parts, kind: kind,
            identity: identity, phash: node.string("phash"))
    }

    private func checkMembership(_ to: JID, _ sender: SimulatedDeviceID) throws(StanzaRefusal) -> SimulatedGroup {
        guard let group = self.group(to) else {
            throw StanzaRefusal(.error(404), "there is no such group", isComplaint: false)
        }
        guard group.members.contains(sender.number) else {
            throw StanzaRefusal(.error(403), "a group the device is not in", isComplaint: false)
        }
        guard !group.isAnnouncement || group.isAdmin(sender.number) else {
            throw StanzaRefusal(.error(403), "only admins may write here", isComplaint: false)
        }
        return group
    }

    /// The group's addressing must be the stanza's; a client may have an old one in mind.
    private func checkMode(_ node: Node, _ group: SimulatedGroup) throws(StanzaRefusal) {
        let text = node.string("addressing_mode") ?? Addressing.number.rawValue
        guard let mode = Addressing(rawValue: text) else {
            throw StanzaRefusal(400, "the addressing mode \(text) is none")
        }
        guard mode == group.naming.addressing else {
            throw StanzaRefusal(.error(421), "the group has another addressing mode", isComplaint: false)
        }
        for participant in node.child("participants")?.children ?? [] {
            guard let jid = participant.jid("jid"), Addressing(jid.server) == mode else {
                throw StanzaRefusal(400, "a participant who is not named as the addressing mode says")
            }
        }
    }

    private static func repetition(_ node: Node) throws(StanzaRefusal) -> [(jid: JID, enc: Node)] {
        guard let jid = node.jid("participant")?.normalized, let enc = node.child("enc"),
            node.children("enc").count == 1, node.child("participants") == nil
        else { throw StanzaRefusal(400, "a repetition has one ciphertext for one participant") }
        return [(jid, enc)]
    }

    private static func keys(_ node: Node) throws(StanzaRefusal) -> [(jid: JID, enc: Node)] {
        guard let participants = node.child("participants") else { return [] }
        guard node.children("participants").count == 1, !participants.children.isEmpty else {
            throw StanzaRefusal(400, "a message with several lists of participants, or an empty one")
        }
        return try self.encs(in: participants)
    }

    private static func body(_ node: Node, _ type: String) throws(StanzaRefusal) -> GroupMessageStanza.Kind {
        guard node.children("enc").count == 1, let enc = node.child("enc"), enc.string("type") == "skmsg" else {
            throw StanzaRefusal(400, "a message to a group has one ciphertext of type skmsg")
        }
        guard enc.string("v") == "2", enc.attributes["count"] == nil, case .bytes(let bytes) = enc.content else {
            throw StanzaRefusal(400, "a ciphertext that is not of version 2, counted, or no bytes")
        }
        try self.checkMediaType(enc, type)
        do {
            return .message(enc, keyID: try SenderKeyMessage(serialized: bytes).keyID)
        } catch {
            throw StanzaRefusal(400, "a message with sender key that cannot be read: \(error)")
        }
    }

    private mutating func checkMembers(
        _ encs: [(jid: JID, enc: Node)], _ group: SimulatedGroup, _ sender: SimulatedDeviceID, isRepetition: Bool
    ) throws(StanzaRefusal) -> [MessageStanza.Part] {
        var parts: [MessageStanza.Part] = []
        for (jid, enc) in encs {
            guard let device = self.resolve(jid) else {
                throw StanzaRefusal(479, "a participant nobody has: \(jid)")
            }
            guard device != sender else { throw StanzaRefusal(400, "a message for the device that sends it") }
            guard group.members.contains(device.number) else {
                let wasMember = group.former.contains(device.number)
                throw StanzaRefusal(.error(479), "\(device) is not in the group", isComplaint: !wasMember)
            }
            try self.checkExistence(of: device)
            parts.append(MessageStanza.Part(device: device, enc: enc))
        }
        if isRepetition, let device = parts.first?.device { self.checkWasAsked(for: device, sender) }
        return parts
    }

    private mutating func checkHash(_ node: Node, _ sender: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let hash = node.string("phash") else {
            return self.complain("a message to a group without phash", about: node, by: sender.description)
        }
        guard hash.hasPrefix("2:"), hash.utf8.count == 10 else {
            throw StanzaRefusal(400, "the phash \(hash) is none")
        }
    }
}
