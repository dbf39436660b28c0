import CryptoPrimitives
import Foundation
import WhatsAppBinary

// Tokens between people who know each other, what the service holds against an account, and who sees whom online.
extension SimulatedService {
    mutating func setTokens(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let tokens = iq.child("tokens")?.children("token"), !tokens.isEmpty else {
            throw StanzaRefusal(400, "an iq about privacy without tokens")
        }
        for token in tokens {
            guard let jid = token.jid("jid"), let contact = self.resolve(jid), contact.isPhone,
                token.string("type") == "trusted_contact", token.integer("t", as: UInt64.self) != nil
            else { throw StanzaRefusal(400, "a token without known jid, time or type") }
            guard contact.number != device.number else { throw StanzaRefusal(400, "a token for oneself") }
            self.giveToken(from: device.number, to: contact.number, at: token.integer("t"))
        }
        self.answer(iq, on: id)
    }

    /// One account gives another a fresh token.
    mutating func giveToken(from number: String, to contact: String, at time: UInt64? = nil) {
        let token = PrivacyToken(
            bytes: self.random.bytes(count: 16), timestamp: time ?? UInt64(self.now.timeIntervalSince1970))
        self.accounts[number]?.issuedTokens[contact] = token
        guard let from = self.accounts[number], let to = self.accounts[contact] else { return }
        let child = Node(
            "token", ["type": "trusted_contact", "t": .integer(token.timestamp), "jid": .jid(to.lid)],
            bytes: token.bytes)
        for device in self.companions(of: contact) {
            self.notify(device, "privacy_token", from: from.lid, [Node("tokens", children: [child])])
        }
    }

    mutating func queryMex(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let query = iq.child("query"), let text = query.bytes,
            (try? JSONSerialization.jsonObject(with: Data(text))) is [String: Any]
        else { throw StanzaRefusal(400, "a query without JSON") }
        let restriction = self.accounts[device.number]?.restriction ?? AccountRestriction()
        let data: [String: Any]
        switch query.string("query_id") {
        case "23983697327930364":
            data = ["xwa2_fetch_account_reachout_timelock": restriction.timeLockJSON(at: self.now)]
        case "24503548349331633": data = ["xwa2_message_capping_info": restriction.cappingJSON]
        default: throw StanzaRefusal(400, "an unknown query id")
        }
        self.answer(iq, on: id, [Node("result", bytes: Self.json(["data": data]))])
    }

    mutating func receivePresence(_ node: Node, _ device: SimulatedDeviceID) {
        switch node.string("type") {
        case "available", "unavailable":
            guard let name = node.string("name"), !name.isEmpty else {
                return self.complain("a presence without name", about: node, by: device.description)
            }
            self.accounts[device.number]?.name = name
            self.companions[device]?.isAvailable = node.string("type") == "available"
        case "subscribe":
            guard let contact = node.jid("to").flatMap({ self.resolve($0) }), contact.isPhone else {
                return self.complain("a subscription to nobody", about: node, by: device.description)
            }
            self.companions[device]?.subscriptions.insert(contact.number)
            self.sendPresence(of: contact.number, to: device)
        default: self.complain("a presence of unknown type", about: node, by: device.description)
        }
    }

    private mutating func sendPresence(of number: String, to device: SimulatedDeviceID) {
        guard let account = self.accounts[number], let id = self.companions[device]?.connection else { return }
        var node = Node("presence", ["from": .jid(account.lid)])
        if self.phones[SimulatedDeviceID(number: number)]?.isOnline == false {
            node.attributes["type"] = "unavailable"
            node.attributes["last"] = .string(self.unixTime)
        }
        self.send(node, to: id)
    }

    mutating func receiveChatState(_ node: Node, _ device: SimulatedDeviceID) {
        guard let people = self.readers(of: node.jid("to"), device), let state = node.children.first,
            node.children.count == 1, ["composing", "paused"].contains(state.tag)
        else { return self.complain("a chat state to nobody, or of no kind", about: node, by: device.description) }
        guard self.companions[device]?.isAvailable == true else { return }
        for phone in people {
            self.usePhone(phone)
            self.phones[phone]?.typing[device.number] = state.tag == "composing"
            if state.tag == "composing" { self.phones[phone]?.typingCount += 1 }
        }
    }

    /// The phones of a chat but for the own one; `nil` when there is no such chat.
    private mutating func readers(of jid: JID?, _ device: SimulatedDeviceID) -> [SimulatedDeviceID]? {
        guard let jid else { return nil }
        if jid.server == .group {
            guard let group = self.group(jid), group.members.contains(device.number) else { return nil }
            return group.members.filter { $0 != device.number }.map { SimulatedDeviceID(number: $0) }
        }
        guard let contact = self.resolve(jid), contact.isPhone else { return nil }
        return [contact]
    }

    /// Tells the companions that have subscribed that a person is there, or gone.
    mutating func announcePresence(of number: String) {
        for device in self.companions(of: nil)
        where self.companions[device]?.subscriptions.contains(number) == true {
            self.sendPresence(of: number, to: device)
        }
    }

    /// Shows an account's companions that a person types.
    mutating func showTyping(from number: String, to contact: String, _ isTyping: Bool) {
        guard let account = self.accounts[number] else { return }
        let node = Node(
            "chatstate", ["from": .jid(account.lid)], children: [Node(isTyping ? "composing" : "paused")])
        for device in self.companions(of: contact) where self.companions[device]?.isAvailable == true {
            if let id = self.companions[device]?.connection { self.send(node, to: id) }
        }
    }
}
