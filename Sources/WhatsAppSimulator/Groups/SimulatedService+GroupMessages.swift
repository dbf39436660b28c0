import Foundation
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

// A message to a group goes to every device of every member, the sender's own others among them; those that have not
// got the sender's key find it in front.
extension SimulatedService {
    mutating func receiveGroupMessage(_ node: Node, _ to: JID, on id: ConnectionID, _ sender: SimulatedDeviceID) {
        let members = self.group(to)?.members.filter { $0 != sender.number } ?? []
        var plan = GroupPlan()
        if node.attributes["participant"] == nil {
            for (action, person) in self.takeGroupFaults(from: sender.number, group: to.description, members) {
                let people = person.map { [$0] } ?? members
                guard !plan.take(action, people) else { continue }
                self.happen(action, to: [sender], recipient: person)
            }
        }
        guard case .device = self.connections[id]?.stage, self.companions[sender] != nil else { return }
        do throws(StanzaRefusal) {
            let message = try self.checkGroupMessage(node, to, from: sender)
            if let code = plan.message.ackError { throw StanzaRefusal(.error(code), "a fault", isComplaint: false) }
            self.accept(message, from: sender, on: id, plan)
        } catch {
            self.refuse(message: node, on: id, by: sender, error)
        }
    }

    /// All devices of all members.
    func devices(of group: SimulatedGroup) -> [SimulatedDeviceID] {
        group.members.flatMap { self.devices(of: $0) }
    }

    private mutating func accept(
        _ message: GroupMessageStanza, from sender: SimulatedDeviceID, on id: ConnectionID, _ plan: GroupPlan
    ) {
        guard let group = self.groups[message.group] else { return }
        let everybody = self.devices(of: group)
        var deliveries: [Delivery]
        var ack = self.ack(message.id, from: group.id)
        switch message.kind {
        case .repetition:
            for part in message.parts { self.groups[message.group]?.keys[sender]?.holders.insert(part.device) }
            deliveries = message.parts.map {
                self.delivery(of: message, [$0.enc], to: $0.device, from: sender, group)
            }
        case .message(let body, let keyID):
            let hash = try? ParticipantHash.hash(of: everybody.map { self.jid(of: $0, group.naming.addressing) })
            if message.phash != hash { ack.attributes["phash"] = hash.map { .string($0) } }
            self.checkKeys(message, keyID, sender, Set(everybody), isHashRight: message.phash == hash)
            self.checkSecrecy(body, of: message, sender)
            deliveries = self.deliveries(of: message, body, to: everybody, from: sender, group)
            self.prepare(plan, sender)
        }
        if plan.message.isUndelivered { deliveries.removeAll { $0.to.number != sender.number } }
        if plan.message.isDuplicated { deliveries += deliveries.filter { $0.to.number != sender.number } }
        self.hand(over: deliveries, ack, on: id, plan.message)
    }

    /// What members' phones will do about this message.
    private mutating func prepare(_ plan: GroupPlan, _ sender: SimulatedDeviceID) {
        for (number, one) in plan.people.sorted(by: { $0.key < $1.key }) { self.prepare(number, one, sender) }
    }

    private mutating func deliveries(
        of message: GroupMessageStanza, _ body: Node, to everybody: [SimulatedDeviceID],
        from sender: SimulatedDeviceID, _ group: SimulatedGroup
    ) -> [Delivery] {
        let key = "\(message.group)|\(message.id)"
        let known = self.accepted[sender.number]?[key]
        if known == nil { self.counts.acceptedMessages += 1 } else { self.counts.repeatedMessages += 1 }
        let holders = self.groups[message.group]?.keys[sender]?.holders ?? []
        var deliveries: [Delivery] = []
        for device in everybody where device != sender && known?.served.contains(device) != true {
            var encs = message.parts.filter { $0.device == device }.map(\.enc)
            encs.append(body)
            deliveries.append(self.delivery(of: message, encs, to: device, from: sender, group))
        }
        // Who has no key yet cannot read it, and gets it again when it is repeated with the key.
        let served = (known?.served ?? []).union(deliveries.map(\.to).filter(holders.contains))
        self.accepted[sender.number, default: [:]][key] = AcceptedMessage(
            sender: known?.sender ?? sender, served: served)
        return deliveries
    }

    private func delivery(
        of message: GroupMessageStanza, _ encs: [Node], to device: SimulatedDeviceID,
        from sender: SimulatedDeviceID, _ group: SimulatedGroup
    ) -> Delivery {
        var node = self.groupStanza("message", from: sender, group)
        node.attributes["id"] = .string(message.id)
        node.attributes["type"] = .string(message.type)
        node.attributes["edit"] = message.edit
        var children = encs
        if encs.contains(where: { $0.string("type") == "pkmsg" }), let identity = message.identity {
            children.append(identity)
        }
        node.content = .nodes(children)
        return Delivery(to: device, sender: sender, chat: message.group, stanza: node)
    }

    /// A stanza that comes from a group, and in it from one of its devices.
    func groupStanza(_ tag: String, from sender: SimulatedDeviceID, _ group: SimulatedGroup) -> Node {
        let addressing = group.naming.addressing
        var node = Node(
            tag,
            [
                "from": .jid(group.id), "participant": .jid(self.jid(of: sender, addressing)),
                "t": .string(self.unixTime), "addressing_mode": .string(addressing.rawValue),
            ])
        if let account = self.accounts[sender.number] {
            if tag == "message" { node.attributes["notify"] = .string(account.name) }
            if self.settings.otherNames {
                switch addressing {
                case .lid: node.attributes["participant_pn"] = .jid(account.pn)
                case .number: node.attributes["participant_lid"] = .jid(account.lid)
                }
            }
        }
        return node
    }
}

// Whether the sender has given its key to those who are to have it, and to nobody else.
extension SimulatedService {
    private mutating func checkKeys(
        _ message: GroupMessageStanza, _ keyID: UInt32, _ sender: SimulatedDeviceID,
        _ everybody: Set<SimulatedDeviceID>, isHashRight: Bool
    ) {
        var use = self.groups[message.group]?.keys[sender] ?? SenderKeyUse(keyID: keyID)
        if use.keyID != keyID { use = SenderKeyUse(keyID: keyID) }
        use.holders.formUnion(message.parts.map(\.device))
        self.groups[message.group]?.keys[sender] = use
        for gone in Self.sorted(use.holders.subtracting(everybody)) where self.knows(sender, gone, in: message.group) {
            self.complain(
                "a message to a group with a sender key that \(gone) has, who is gone", by: sender.description)
        }
        // Who knows of a device has to give it the key; who does not is told by the hash.
        let missing = everybody.subtracting(use.holders).subtracting([sender])
        if isHashRight, !missing.isEmpty {
            let names = Self.sorted(missing).map(\.description).joined(separator: ", ")
            self.complain("the sender key was never given to \(names)", by: sender.description)
        }
        if !isHashRight { self.counts.staleHashes += 1 }
        if !isHashRight, missing.isEmpty, use.holders.isSubset(of: everybody), message.phash != nil {
            self.complain("the phash is not that of the devices the message is for", by: sender.description)
        }
    }

    private static func sorted(_ devices: Set<SimulatedDeviceID>) -> [SimulatedDeviceID] {
        devices.sorted { ($0.number, $0.device) < ($1.number, $1.device) }
    }

    /// Whether a sender has been told that a device is gone, and has said so.
    private func knows(_ sender: SimulatedDeviceID, _ gone: SimulatedDeviceID, in group: String) -> Bool {
        guard let queue = self.companions[sender]?.queue, let account = self.accounts[gone.number] else { return false }
        if self.groups[group]?.members.contains(gone.number) == false {
            return !queue.holdsNotification(from: group)
        }
        return account.watchers.contains(sender) && !queue.holdsNotification(from: account.pn.description)
    }

    /// Nobody who has left may read on: their phones try.
    private mutating func checkSecrecy(_ body: Node, of message: GroupMessageStanza, _ sender: SimulatedDeviceID) {
        guard case .bytes(let bytes) = body.content, let text = try? SenderKeyMessage(serialized: bytes) else { return }
        for number in (self.groups[message.group]?.former ?? []).sorted() {
            for device in self.devices(of: number) {
                guard self.phones[device]?.canRead(text, from: sender, in: message.group) == true else { continue }
                self.counts.readableByFormerMembers += 1
                guard self.knows(sender, device, in: message.group) else { continue }
                self.complain(
                    "\(device), who has left the group, could read a message", by: sender.description)
            }
        }
    }
}

/// What the faults that fire want to be done with one message to a group.
struct GroupPlan: Sendable {
    /// What happens to the message as a whole.
    var message = MessagePlan()
    /// What happens on the phones of members.
    var people: [String: MessagePlan] = [:]

    /// - Returns: false for an action that is not about this message alone.
    mutating func take(_ action: FaultAction, _ numbers: [String]) -> Bool {
        switch action {
        case .loseSession, .reply, .read:
            for number in numbers { _ = self.people[number, default: MessagePlan()].take(action) }
            return true
        default: return self.message.take(action)
        }
    }
}
