import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// One query asks several things of several users: who has an account, which devices, which hidden identifier.
extension SimulatedService {
    private static let protocols: Set<String> = [
        "contact", "business", "disappearing_mode", "username", "devices", "lid", "status", "picture",
    ]

    mutating func queryUsers(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let usync = iq.child("usync"), let query = usync.child("query"), let list = usync.child("list") else {
            throw StanzaRefusal(400, "a user query has a usync with query and list")
        }
        for name in ["sid", "mode", "last", "index", "context"] where (usync.string(name) ?? "").isEmpty {
            throw StanzaRefusal(400, "a user query without \(name)")
        }
        let asked = query.children.map(\.tag)
        guard !asked.isEmpty, Self.protocols.isSuperset(of: asked) else {
            throw StanzaRefusal(400, "a user query asks nothing, or something unknown")
        }
        if asked.contains("devices"), query.child("devices")?.string("version") != "2" {
            throw StanzaRefusal(400, "device lists are asked for in version 2")
        }
        let users = list.children("user")
        guard !users.isEmpty, users.count == list.children.count else {
            throw StanzaRefusal(400, "a user query lists users and nothing else")
        }
        if users.count > self.settings.maximumQueriedUsers {
            self.complain("\(users.count) users in one query", about: iq, by: device.description)
        }
        try self.applyQueryFaults(on: .usync, device)
        var answers: [Node] = []
        for user in users { answers.append(try self.answer(user, asked, by: device)) }
        var result = Node("usync", usync.attributes)
        result.content = .nodes([
            Node("result", children: asked.map { Node($0) }), Node("list", children: answers),
        ])
        self.answer(iq, on: id, [result])
    }

    private mutating func answer(
        _ user: Node, _ asked: [String], by device: SimulatedDeviceID
    ) throws(StanzaRefusal) -> Node {
        if let contact = user.child("contact") { return try self.answer(contact: contact, asked, by: device) }
        guard let jid = user.jid("jid"), jid.device == 0, Addressing(jid.server) != nil else {
            throw StanzaRefusal(400, "a user of a query has neither number nor address")
        }
        let found = self.resolve(jid)
        let account = found.flatMap { self.accounts[$0.number] }
        var children: [Node] = []
        for name in asked {
            if let child = self.answer(name, about: account, by: device) { children.append(child) }
        }
        return Node("user", ["jid": .jid(jid)], children: children)
    }

    private mutating func answer(
        contact: Node, _ asked: [String], by device: SimulatedDeviceID
    ) throws(StanzaRefusal) -> Node {
        let text = contact.text ?? ""
        let digits = text.hasSuffix("@c.us") ? text.dropLast(5).dropFirst() : text.dropFirst()
        guard text.hasPrefix("+"), !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw StanzaRefusal(400, "a number in a query is + and digits")
        }
        guard let account = self.account(String(digits)) else {
            return Node("user", children: [Node("contact", ["type": "out"], content: .text(text))])
        }
        var attributes: Attributes
        switch self.settings.naming {
        case .lid: attributes = ["jid": .jid(account.lid), "pn_jid": .jid(account.pn)]
        case .pn: attributes = ["jid": .jid(account.pn)]
        }
        var children = [Node("contact", ["type": "in"], content: .text(text))]
        for name in asked where name != "contact" {
            if let child = self.answer(name, about: account, by: device) { children.append(child) }
        }
        return Node("user", attributes, children: children)
    }

    private mutating func answer(
        _ name: String, about account: SimulatedAccount?, by device: SimulatedDeviceID
    ) -> Node? {
        switch name {
        case "devices": self.deviceList(of: account, by: device)
        case "lid": account.map { Node("lid", ["val": .jid($0.lid)]) } ?? Node("lid")
        case "status": Node("status")
        default: nil
        }
    }

    private mutating func deviceList(of account: SimulatedAccount?, by device: SimulatedDeviceID) -> Node {
        guard let account else { return Node("devices", children: [Node("device-list")]) }
        self.accounts[account.number]?.watchers.insert(device)
        let list = self.deviceNodes(of: account)
        var children = [Node("device-list", ["hash": .string(self.deviceHash(of: account))], children: list)]
        if let indexes = self.keyIndexNode(of: account.number) { children.append(indexes) }
        return Node("devices", children: children)
    }

    private func deviceNodes(of account: SimulatedAccount) -> [Node] {
        account.devices.map { device in
            var node = Node("device", ["id": .integer(device)])
            node.attributes["key-index"] = account.linked[device].map { .integer($0) }
            return node
        }
    }

    func deviceHash(of account: SimulatedAccount) -> String {
        (try? ParticipantHash.hash(of: account.devices.map { account.lid.device($0) })) ?? ""
    }

    /// The signed list of the account's key indexes.
    mutating func keyIndexNode(of number: String) -> Node? {
        guard let account = self.accounts[number] else { return nil }
        if account.keyIndexList == nil, let phone = self.primary(of: number) {
            let primary = PrimaryIdentity(key: phone.identityKeyPair, rawID: phone.rawID)
            self.accounts[number]?.keyIndexList = try? primary.keyIndexList(
                currentIndex: account.currentKeyIndex, validIndexes: [0] + account.linked.values.sorted(),
                now: self.now, using: &self.random)
        }
        return self.accounts[number]?.keyIndexList.map {
            Node("key-index-list", ["ts": .string(self.unixTime)], bytes: $0)
        }
    }
}
