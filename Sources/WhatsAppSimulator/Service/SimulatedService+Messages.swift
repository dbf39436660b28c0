import Foundation
import WhatsAppBinary
import WhatsAppCrypto

// A message is checked, stored, acknowledged, and handed to every device it has a ciphertext for, in this order. The
// same id to the same person again is acknowledged again, and goes only where it has not been.
extension SimulatedService {
    mutating func receiveMessage(_ node: Node, on id: ConnectionID, _ sender: SimulatedDeviceID) {
        if let to = node.jid("to"), to.server == .group {
            return self.receiveGroupMessage(node, to, on: id, sender)
        }
        let recipient = node.jid("to").flatMap { self.resolve($0) }
        var plan = MessagePlan()
        if node.string("device_fanout") == nil, node.string("category") == nil {
            let faults = self.takeFaults(on: .message, from: sender.number, to: recipient?.number)
            for action in faults where !plan.take(action) {
                self.happen(action, to: [sender], recipient: recipient?.number)
            }
        }
        // A fault may have ended the connection before the message counts as received.
        guard case .device = self.connections[id]?.stage, self.companions[sender] != nil else { return }
        do throws(StanzaRefusal) {
            let message = try self.check(node, from: sender)
            if let code = plan.ackError { throw StanzaRefusal(.error(code), "a fault", isComplaint: false) }
            try self.checkPolicies(message, from: sender)
            self.accept(message, from: sender, on: id, plan)
        } catch {
            self.refuse(message: node, on: id, by: sender, error)
        }
    }

    mutating func refuse(
        message node: Node, on id: ConnectionID, by sender: SimulatedDeviceID, _ refusal: StanzaRefusal
    ) {
        switch refusal.answer {
        case .error(let code, _):
            if refusal.isComplaint {
                self.complain(refusal.reason, about: node, by: sender.description, answer: "ack error \(code)")
            }
            var ack = self.ack(node.string("id") ?? "", from: node.jid("to"), error: code)
            if code == 421, let group = self.group(node.jid("to")) {
                ack.attributes["addressing_mode"] = .string(group.naming.addressing.rawValue)
            }
            self.send(ack, to: id)
        case .malformed:
            self.complain(refusal.reason, about: node, by: sender.description, answer: "xml-not-well-formed")
            self.end(id, with: Node("stream:error", children: [Node("xml-not-well-formed")]))
        case .silence: break
        }
    }

    func ack(_ id: String, from: JID?, error: Int? = nil, phash: String? = nil) -> Node {
        var node = Node("ack", ["class": "message", "id": .string(id)])
        node.attributes["from"] = from.map { .jid($0) }
        node.attributes["t"] = .string(self.unixTime)
        node.attributes["phash"] = phash.map { .string($0) }
        node.attributes["error"] = error.map { .integer($0) }
        return node
    }

    /// What the service holds against the recipient or the sender.
    private mutating func checkPolicies(_ message: MessageStanza, from sender: SimulatedDeviceID) throws(StanzaRefusal)
    {
        guard let recipient = message.recipient else {
            guard self.settings.unregistered == .accept else {
                throw StanzaRefusal(.error(404), "nobody has this address", isComplaint: false)
            }
            return
        }
        guard message.kind == .message, recipient.number != sender.number,
            let account = self.accounts[sender.number], let peer = self.accounts[recipient.number]
        else { return }
        let isStranger = !peer.contacts.contains(sender.number)
        let issued = peer.issuedTokens[sender.number]
        let hasToken = issued != nil && issued?.bytes == message.token && issued?.isValid(at: self.now) == true
        if isStranger, !hasToken, account.restriction.isTimeLocked(at: self.now) {
            throw StanzaRefusal(.error(463), "a stranger during a time-lock", isComplaint: false)
        }
        guard isStranger, !account.contacts.contains(recipient.number) else { return }
        if account.restriction.isCapped(at: self.now) {
            throw StanzaRefusal(.error(475), "a new chat above the cap", isComplaint: false)
        }
        self.countNewChat(of: sender.number)
    }

    private mutating func countNewChat(of number: String) {
        guard var capping = self.accounts[number]?.restriction.capping, capping.total >= 0 else { return }
        capping.used += 1
        if capping.used >= capping.total { capping.status = .capped }
        self.accounts[number]?.restriction.capping = capping
        if capping.status == .capped { self.announceCapping(of: number) }
    }

    private mutating func accept(
        _ message: MessageStanza, from sender: SimulatedDeviceID, on id: ConnectionID, _ plan: MessagePlan
    ) {
        var deliveries = self.record(message, from: sender)
        if let recipient = message.recipient, message.kind == .message, recipient.number != sender.number {
            self.accounts[sender.number]?.contacts.insert(recipient.number)
            self.accounts[recipient.number]?.watchers.insert(sender)
            if plan.isUndelivered || self.accounts[recipient.number]?.isDeaf == true {
                deliveries.removeAll { $0.to.number == recipient.number }
            }
            if plan.isDuplicated { deliveries += deliveries.filter { $0.to.number == recipient.number } }
            self.prepare(recipient.number, plan, sender)
        }
        let ack = self.ack(
            message.id, from: message.to, phash: message.kind == .message ? self.phash(message, sender) : nil)
        self.hand(over: deliveries, ack, on: id, plan)
    }

    /// Acknowledges a message that was taken, and delivers it: in this order, unless a fault has it otherwise.
    mutating func hand(over deliveries: [Delivery], _ ack: Node, on id: ConnectionID, _ plan: MessagePlan) {
        var deliveries = deliveries
        if plan.disconnectsBeforeAck { self.end(id, abruptly: true) }
        if plan.isReordered {
            self.deliver(deliveries)
            self.deliverMail()
            deliveries = []
        }
        if let delay = plan.ackDelay {
            self.later.insert(.send(ack, to: id), due: self.now + delay)
        } else if !plan.dropsAck {
            self.send(ack, to: id)
        }
        if plan.disconnectsAfterAck { self.end(id, abruptly: true) }
        if let delay = plan.deliveryDelay {
            self.later.insert(.deliver(deliveries), due: self.now + delay)
        } else {
            self.deliver(deliveries)
        }
    }

    /// What the recipient's phone will do about this message.
    mutating func prepare(_ number: String, _ plan: MessagePlan, _ sender: SimulatedDeviceID) {
        let phone = SimulatedDeviceID(number: number)
        guard plan.losesSession || plan.reply != nil || plan.readAfter != nil else { return }
        // What came before is none of it.
        self.deliverMail()
        self.usePhone(phone)
        if plan.losesSession { self.phones[phone]?.loseSessions() }
        if let reply = plan.reply { self.phones[phone]?.nextReplies.append(reply) }
        if let readAfter = plan.readAfter { self.phones[phone]?.nextReads.append(readAfter) }
    }

    /// Stores the message and says who is to get it now.
    private mutating func record(_ message: MessageStanza, from sender: SimulatedDeviceID) -> [Delivery] {
        let chat = message.recipient?.number ?? message.to.user
        let key = "\(chat)|\(message.id)"
        var parts = message.parts
        switch message.kind {
        case .repetition, .peer: break
        case .message:
            if let known = self.accepted[sender.number]?[key] {
                parts.removeAll { known.served.contains($0.device) }
                self.counts.repeatedMessages += 1
            } else {
                self.accepted[sender.number, default: [:]][key] = AcceptedMessage(sender: sender, served: [])
                self.counts.acceptedMessages += 1
            }
            self.accepted[sender.number]?[key]?.served.formUnion(parts.map(\.device))
        }
        return parts.map { self.delivery(of: $0, in: message, from: sender, chat: chat) }
    }

    private func delivery(
        of part: MessageStanza.Part, in message: MessageStanza, from sender: SimulatedDeviceID, chat: String
    ) -> Delivery {
        var node = Node("message", ["from": .jid(self.jid(of: sender, message.addressing))])
        node.attributes["id"] = .string(message.id)
        node.attributes["t"] = .string(self.unixTime)
        node.attributes["type"] = .string(message.type)
        node.attributes["edit"] = message.edit
        let isOwn = part.device.number == sender.number
        if isOwn, message.kind != .peer { node.attributes["recipient"] = .jid(message.to.withoutDevice) }
        if message.kind == .peer { node.attributes["category"] = "peer" }
        if let account = self.accounts[sender.number] {
            node.attributes["notify"] = .string(account.name)
            if self.settings.otherNames, !isOwn {
                switch message.addressing {
                case .lid: node.attributes["sender_pn"] = .jid(account.pn)
                case .number: node.attributes["sender_lid"] = .jid(account.lid)
                }
            }
        }
        var children = [part.enc]
        if part.enc.string("type") == "pkmsg", let identity = message.identity { children.append(identity) }
        node.content = .nodes(children)
        return Delivery(to: part.device, sender: sender, chat: isOwn ? chat : sender.number, stanza: node)
    }

    /// The hash over the devices the message should have gone to, when it went to others.
    private func phash(_ message: MessageStanza, _ sender: SimulatedDeviceID) -> String? {
        guard let recipient = message.recipient else { return nil }
        var wanted = Set(self.devices(of: recipient.number))
        wanted.formUnion(self.devices(of: sender.number))
        guard wanted != Set(message.parts.map(\.device)).union([sender]) else { return nil }
        return try? ParticipantHash.hash(of: wanted.map { self.jid(of: $0, message.addressing) })
    }
}

/// What the faults that fire want to be done with one message.
struct MessagePlan: Sendable {
    var ackError: Int?
    var dropsAck = false
    var ackDelay: Double?
    var disconnectsBeforeAck = false
    var disconnectsAfterAck = false
    var isDuplicated = false
    var isReordered = false
    var isUndelivered = false
    var deliveryDelay: Double?
    var losesSession = false
    var reply: PhoneReply?
    var readAfter: Double?

    /// - Returns: false for an action that is not about this message alone.
    mutating func take(_ action: FaultAction) -> Bool {
        switch action {
        case .ackError(let code): self.ackError = code
        case .dropAck: self.dropsAck = true
        case .delayAck(let seconds): self.ackDelay = seconds
        case .disconnectBeforeAck: self.disconnectsBeforeAck = true
        case .disconnectAfterAck: self.disconnectsAfterAck = true
        case .duplicate: self.isDuplicated = true
        case .reorder: self.isReordered = true
        case .undelivered: self.isUndelivered = true
        case .delayDelivery(let seconds): self.deliveryDelay = seconds
        case .loseSession: self.losesSession = true
        case .reply(let text, let after): self.reply = PhoneReply(text: text, after: after)
        case .read(let after): self.readAfter = after
        default: return false
        }
        return true
    }
}
