import Foundation
import WhatsAppBinary

// Groups are made, joined and left by people; companions ask who is in them and are told of changes.
extension SimulatedService {
    /// - Returns: the address of the new group; `nil` when a member has no account.
    mutating func makeGroup(_ script: GroupScript) -> String? {
        for number in script.members where self.account(number) == nil { return nil }
        let text =
            script.id ?? "120363\(UInt64.random(in: 100_000_000_000..<1_000_000_000_000, using: &self.random))@g.us"
        guard let id = try? JID(text) else { return nil }
        self.groups[text] = SimulatedGroup(
            id: id, subject: script.subject, members: script.members, naming: script.naming,
            isAnnouncement: script.isAnnouncement, created: self.now)
        let create = Node("create", ["type": "new"], children: self.groups[text].map { [self.node(of: $0)] } ?? [])
        self.announce(create, in: text, by: script.members[0])
        return text
    }

    func group(_ jid: JID?) -> SimulatedGroup? {
        guard let jid, jid.server == .group else { return nil }
        return self.groups[jid.description]
    }

    /// - Returns: why nothing has happened.
    mutating func addMember(_ number: String, to group: String) -> GroupProblem? {
        guard let creator = self.groups[group]?.creator else { return .noGroup }
        guard self.account(number) != nil else { return .noAccount }
        guard self.groups[group]?.add(number) == true else { return .isMember }
        self.announce(self.change("add", number, in: group), in: group, by: creator)
        return nil
    }

    /// - Parameter byAdmin: Whether the member is removed, or leaves.
    mutating func removeMember(_ number: String, from group: String, byAdmin: Bool) -> GroupProblem? {
        guard let creator = self.groups[group]?.creator else { return .noGroup }
        // What came before is still for the member to read.
        self.deliverMail()
        let change = self.change(byAdmin ? "remove" : "leave", number, in: group)
        guard self.groups[group]?.remove(number) == true else { return .noMember }
        for device in self.companions(of: number) { self.notify(device, change, in: group, by: creator) }
        self.announce(change, in: group, by: byAdmin ? creator : number)
        self.forgetSenderKeys(in: group)
        return nil
    }

    /// The phones that are run here use new keys from now on, because somebody has left.
    mutating func forgetSenderKeys(in group: String) {
        for number in self.groups[group]?.members ?? [] {
            for device in self.devices(of: number) { self.phones[device]?.forgetSenderKey(of: group) }
        }
    }

    /// The same for all groups of a person one of whose devices has gone.
    mutating func forgetSenderKeys(inGroupsOf number: String) {
        for (id, group) in self.groups where group.members.contains(number) { self.forgetSenderKeys(in: id) }
    }

    mutating func setNaming(_ naming: GroupNaming, of group: String) { self.groups[group]?.naming = naming }

    // MARK: What companions are told

    private func change(_ tag: String, _ number: String, in group: String) -> Node {
        guard let group = self.groups[group], let node = self.participant(number, in: group, index: 0) else {
            return Node(tag)
        }
        return Node(tag, children: [node])
    }

    private mutating func announce(_ change: Node, in group: String, by number: String) {
        for member in self.groups[group]?.members ?? [] {
            for device in self.companions(of: member) { self.notify(device, change, in: group, by: number) }
        }
    }

    private mutating func notify(
        _ device: SimulatedDeviceID, _ change: Node, in group: String, by number: String
    ) {
        guard let group = self.groups[group] else { return }
        let addressing = group.naming.addressing
        var attributes: Attributes = ["addressing_mode": .string(addressing.rawValue)]
        if let actor = self.accounts[number] {
            attributes["participant"] = .jid(actor.jid(addressing))
            attributes["notify"] = .string(actor.name)
        }
        self.notify(device, "w:gp2", from: group.id, [change], attributes)
    }

    // MARK: Queries

    mutating func queryGroups(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        try self.applyQueryFaults(on: .groupQuery, device)
        guard iq.string("type") == "get" else {
            throw StanzaRefusal(501, "groups are changed on the phones and over the control port only")
        }
        if iq.string("to") == JID.Server.group.rawValue {
            guard iq.child("participating") != nil else {
                throw StanzaRefusal(400, "a query about the own groups has a child participating")
            }
            let own = self.groups.values.filter { $0.members.contains(device.number) }
                .sorted { $0.id.description < $1.id.description }
            return self.answer(iq, from: iq.attributes["to"], on: id, [Node("groups", children: own.map(self.node))])
        }
        guard let jid = iq.jid("to"), jid.server == .group, iq.child("query")?.string("request") == "interactive" else {
            throw StanzaRefusal(400, "a query about a group is addressed to it and has a child query")
        }
        guard let group = self.group(jid) else {
            throw StanzaRefusal(.error(404), "there is no such group", isComplaint: false)
        }
        guard group.members.contains(device.number) else {
            throw StanzaRefusal(.error(403), "a group the device is not in", isComplaint: false)
        }
        self.answer(iq, from: .jid(group.id), on: id, [self.node(of: group)])
    }

    private mutating func answer(_ iq: Node, from: AttributeValue?, on id: ConnectionID, _ children: [Node]) {
        var node = Node("iq", ["type": "result"], children: children)
        node.attributes["from"] = from
        node.attributes["id"] = iq.attributes["id"]
        self.send(node, to: id)
    }

    private func node(of group: SimulatedGroup) -> Node {
        let addressing = group.naming.addressing
        let time = AttributeValue.integer(Int(group.created.timeIntervalSince1970))
        var attributes: Attributes = [
            "id": .string(group.id.user), "creation": time, "subject": .string(group.subject), "s_t": time,
            "addressing_mode": .string(addressing.rawValue), "size": .integer(group.members.count),
        ]
        attributes["creator"] = self.accounts[group.creator].map { .jid($0.jid(addressing)) }
        var children = group.members.enumerated().compactMap { self.participant($1, in: group, index: $0) }
        if group.isAnnouncement { children.append(Node("announcement")) }
        return Node("group", attributes, children: children)
    }

    /// - Parameter index: In a mixed group every second one is named by number.
    private func participant(_ number: String, in group: SimulatedGroup, index: Int) -> Node? {
        guard let account = self.accounts[number] else { return nil }
        let isByNumber = group.naming == .pn || group.naming == .mixed && !index.isMultiple(of: 2)
        var node =
            isByNumber
            ? Node("participant", ["jid": .jid(account.pn), "lid": .jid(account.lid)])
            : Node("participant", ["jid": .jid(account.lid), "phone_number": .jid(account.pn)])
        if group.isAdmin(number) { node.attributes["type"] = "superadmin" }
        return node
    }
}

/// Why a group was not changed.
public enum GroupProblem: Error, Sendable, Hashable {
    case noGroup, noAccount, isMember, noMember
}
