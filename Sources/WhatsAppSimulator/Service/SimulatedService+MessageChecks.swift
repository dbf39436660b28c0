import CryptoPrimitives
import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// What a message stanza must be like. The codes are those of acks: 400 for a wrong structure, 479 for what the schema
// does not allow or devices that do not exist.
extension SimulatedService {
    private static let messageChildren: Set<String> = [
        "participants", "enc", "device-identity", "meta", "biz", "reporting", "tctoken", "cstoken",
    ]
    private static let messageTypes: Set<String> = ["text", "media", "reaction", "poll"]
    /// What a ciphertext of a message of type media may say it holds.
    private static let mediaTypes: Set<String> = [
        "url", "image", "video", "gif", "audio", "ptt", "document", "sticker", "vcard", "contact_array", "location",
        "livelocation", "list", "list_response", "button", "button_response", "product", "order", "catalog",
        "native_flow_response", "group_history", "ptv",
    ]

    /// Checks a message of a companion.
    mutating func check(_ node: Node, from sender: SimulatedDeviceID) throws(StanzaRefusal) -> MessageStanza {
        guard let id = node.string("id"), 1...128 ~= id.utf8.count else {
            throw StanzaRefusal(.malformed, "a message without id, or with one that is too long")
        }
        guard let to = node.jid("to")?.normalized, !to.user.isEmpty else {
            throw StanzaRefusal(400, "a message to nobody")
        }
        guard let addressing = Addressing(to.server) else {
            throw StanzaRefusal(405, "lists and channels are not simulated (\(to.server.rawValue))")
        }
        let type = try Self.checkType(node)
        guard node.attributes["phash"] == nil else {
            throw StanzaRefusal(479, "a message to a person carries no participant hash")
        }
        let kind = try Self.kind(of: node, to)
        let encs = try self.readParts(node, to, addressing, kind, from: sender)
        for (_, enc) in encs {
            try Self.check(enc, kind)
            try Self.checkMediaType(enc, type)
        }
        let recipient = self.resolve(to)
        try self.checkOwnName(node, addressing, recipient)
        let identity = try self.checkIdentity(node, encs.map(\.enc), of: sender)
        let token = try self.checkTokens(node, kind, recipient, sender)
        let parts = try self.checkDevices(encs, recipient, sender, kind)
        if let recipient, kind == .message { self.checkPhoneIsServed(parts, node, recipient, sender) }
        return MessageStanza(
            id: id, to: to, addressing: addressing, recipient: recipient, parts: parts, kind: kind,
            identity: identity, token: token, edit: node.attributes["edit"], type: type)
    }

    static func checkType(_ node: Node) throws(StanzaRefusal) -> String {
        guard let type = node.string("type") else { throw StanzaRefusal(479, "a message without type") }
        guard self.messageTypes.contains(type) else { throw StanzaRefusal(479, "a message of unknown type \(type)") }
        for child in node.children where !self.messageChildren.contains(child.tag) {
            throw StanzaRefusal(479, "a message with the unknown child \(child.tag)")
        }
        return type
    }

    private static func kind(of node: Node, _ to: JID) throws(StanzaRefusal) -> MessageStanza.Kind {
        if node.string("category") == "peer" { return .peer }
        if node.string("device_fanout") == "false" { return .repetition }
        guard to.device == 0 else { throw StanzaRefusal(400, "a message is addressed to a person, not to a device") }
        return .message
    }

    /// The ciphertexts with the addresses of their devices.
    private mutating func readParts(
        _ node: Node, _ to: JID, _ addressing: Addressing, _ kind: MessageStanza.Kind, from sender: SimulatedDeviceID
    ) throws(StanzaRefusal) -> [(jid: JID, enc: Node)] {
        let bare = node.children("enc")
        let participants = node.children("participants")
        guard bare.count + participants.count == 1 else {
            throw StanzaRefusal(400, "a message has either participants or one ciphertext")
        }
        if let enc = bare.first { return [(to, enc)] }
        guard kind == .message else {
            throw StanzaRefusal(400, "a peer message or a repetition has one ciphertext and no participants")
        }
        let parts = try Self.encs(in: participants[0])
        guard parts.allSatisfy({ Addressing($0.jid.server) == addressing }) else {
            throw StanzaRefusal(400, "numbers and hidden identifiers are mixed among the participants")
        }
        guard !parts.isEmpty else { throw StanzaRefusal(400, "a message without participants") }
        return parts
    }

    /// The ciphertexts in a list of participants, each for one device.
    static func encs(in participants: Node) throws(StanzaRefusal) -> [(jid: JID, enc: Node)] {
        var parts: [(jid: JID, enc: Node)] = []
        var seen: Set<JID> = []
        for child in participants.children {
            guard child.tag == "to", let jid = child.jid("jid")?.normalized, let enc = child.child("enc"),
                child.children.count == 1
            else { throw StanzaRefusal(400, "a participant without address or with other than one ciphertext") }
            guard seen.insert(jid).inserted else { throw StanzaRefusal(400, "a participant comes twice") }
            parts.append((jid, enc))
        }
        return parts
    }

    static func check(_ enc: Node, _ kind: MessageStanza.Kind) throws(StanzaRefusal) {
        guard enc.string("v") == "2" else { throw StanzaRefusal(400, "a ciphertext that is not of version 2") }
        guard let type = enc.string("type"), ["pkmsg", "msg"].contains(type) else {
            throw StanzaRefusal(400, "a ciphertext that is neither pkmsg nor msg")
        }
        guard case .bytes(let bytes) = enc.content, !bytes.isEmpty else {
            throw StanzaRefusal(400, "a ciphertext that is no bytes")
        }
        let count: Int? = enc.integer("count")
        switch kind {
        case .repetition:
            guard let count, 1...5 ~= count else {
                throw StanzaRefusal(479, "a repetition says how often it was asked for, 1 to 5")
            }
        case .message, .peer:
            guard count == nil else { throw StanzaRefusal(479, "a ciphertext with a count that is no repetition") }
        }
    }

    /// Every ciphertext of a message of type media says what it holds, and no other does.
    static func checkMediaType(_ enc: Node, _ type: String) throws(StanzaRefusal) {
        guard let mediaType = enc.string("mediatype") else {
            guard type != "media" else { throw StanzaRefusal(479, "a ciphertext of media without media type") }
            return
        }
        guard type == "media" else {
            throw StanzaRefusal(479, "a ciphertext with a media type in a message without media")
        }
        guard self.mediaTypes.contains(mediaType) else {
            throw StanzaRefusal(479, "a ciphertext with the unknown media type \(mediaType)")
        }
    }

    /// The name in the other addressing that goes with a message.
    private mutating func checkOwnName(
        _ node: Node, _ addressing: Addressing, _ recipient: SimulatedDeviceID?
    ) throws(StanzaRefusal) {
        guard let name = node.jid("peer_recipient_pn") else { return }
        guard addressing == .lid else {
            throw StanzaRefusal(400, "peer_recipient_pn goes with a hidden identifier only")
        }
        guard name.server == .user, name.device == 0, recipient == nil || name.user == recipient?.number else {
            throw StanzaRefusal(400, "peer_recipient_pn is not the recipient's number")
        }
    }

    /// What starts a session proves that the device belongs to its account.
    mutating func checkIdentity(
        _ node: Node, _ encs: [Node], of sender: SimulatedDeviceID
    ) throws(StanzaRefusal) -> Node? {
        let identities = node.children("device-identity")
        guard encs.contains(where: { $0.string("type") == "pkmsg" }) else {
            guard identities.isEmpty else {
                throw StanzaRefusal(479, "a device-identity though no ciphertext starts a session")
            }
            return nil
        }
        guard identities.count == 1, case .bytes(let bytes) = identities[0].content else {
            throw StanzaRefusal(479, "a ciphertext that starts a session needs one device-identity")
        }
        guard let companion = self.companions[sender] else { return nil }
        guard companion.verifiedIdentity != bytes else { return identities[0] }
        do {
            let identity = try DeviceIdentity(serialized: bytes)
            try identity.verify(for: companion.identityKey)
            guard identity.accountKey == companion.identity.accountKey, identity.details == companion.identity.details
            else { throw StanzaRefusal(479, "the device-identity is not the one this device was linked with") }
        } catch {
            throw (error as? StanzaRefusal) ?? StanzaRefusal(479, "the device-identity: \(error)")
        }
        self.companions[sender]?.verifiedIdentity = bytes
        return identities[0]
    }

    private mutating func checkTokens(
        _ node: Node, _ kind: MessageStanza.Kind, _ recipient: SimulatedDeviceID?, _ sender: SimulatedDeviceID
    ) throws(StanzaRefusal) -> [UInt8]? {
        if node.child("cstoken") != nil {
            self.complain("a cstoken, though no salt was ever given", about: node, by: sender.description)
        }
        guard let child = node.child("tctoken") else { return nil }
        guard case .bytes(let token) = child.content, !token.isEmpty else {
            throw StanzaRefusal(479, "a token that is no bytes")
        }
        guard kind != .peer, recipient?.number != sender.number else {
            throw StanzaRefusal(479, "a token on a message to the own account")
        }
        let issued = recipient.flatMap { self.accounts[$0.number]?.issuedTokens[sender.number] }
        if issued?.bytes != token {
            self.complain("a token that the recipient did not give", about: node, by: sender.description)
        } else if issued?.isValid(at: self.now) == false {
            self.complain("a token that is over", about: node, by: sender.description)
        }
        return token
    }

    /// Every device must be one of the recipient's or of the sender's others.
    private mutating func checkDevices(
        _ encs: [(jid: JID, enc: Node)], _ recipient: SimulatedDeviceID?, _ sender: SimulatedDeviceID,
        _ kind: MessageStanza.Kind
    ) throws(StanzaRefusal) -> [MessageStanza.Part] {
        var parts: [MessageStanza.Part] = []
        for (jid, enc) in encs {
            guard let device = self.resolve(jid) else {
                guard recipient == nil else { throw StanzaRefusal(479, "a participant nobody has: \(jid)") }
                continue
            }
            guard device != sender else { throw StanzaRefusal(400, "a message for the device that sends it") }
            guard device.number == recipient?.number || device.number == sender.number else {
                throw StanzaRefusal(479, "a participant who has no part in this chat: \(device)")
            }
            try self.checkExistence(of: device)
            parts.append(MessageStanza.Part(device: device, enc: enc))
        }
        if kind == .repetition, let device = parts.first?.device { self.checkWasAsked(for: device, sender) }
        return parts
    }

    func checkExistence(of device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let account = self.accounts[device.number], account.devices.contains(device.device) else {
            // One that was there a moment ago is nobody's fault.
            let isStale = self.accounts[device.number]?.hadDevice(device.device) == true
            throw StanzaRefusal(.error(479), "\(device) does not exist", isComplaint: !isStale)
        }
    }

    mutating func checkWasAsked(for device: SimulatedDeviceID, _ sender: SimulatedDeviceID) {
        guard self.companions[sender]?.askedToRepeat.contains(device.description) == false else { return }
        self.complain("a repetition that \(device) did not ask for", by: sender.description)
    }

    private mutating func checkPhoneIsServed(
        _ parts: [MessageStanza.Part], _ node: Node, _ recipient: SimulatedDeviceID, _ sender: SimulatedDeviceID
    ) {
        let phone = SimulatedDeviceID(number: recipient.number)
        guard !parts.contains(where: { $0.device == phone }) else { return }
        self.complain("no ciphertext for the recipient's phone", about: node, by: sender.description)
    }
}
