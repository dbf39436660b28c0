import WhatsAppBinary

// What a companion has dealt with leaves its queue: with an ack, or a message with a receipt.
extension SimulatedService {
    mutating func receiveAck(_ node: Node, _ device: SimulatedDeviceID) {
        guard let kind = node.string("class"), let id = node.string("id"), let to = node.jid("to") else {
            return self.complain("an ack without class, id or to", about: node, by: device.description)
        }
        let type = kind == "message" ? nil : node.string("type")
        let key = StanzaQueue.Key(kind: kind, id: id, from: to.description, type: type ?? "")
        guard let settlement = self.companions[device]?.queue.settle(key) else { return }
        switch settlement {
        case .settled, .again: break
        case .unknown:
            self.complain(
                "an ack for a stanza that was not sent: class \(kind) type \(type ?? "none") to \(to)", about: node,
                by: device.description)
        }
    }

    mutating func receiveReceipt(_ node: Node, on id: ConnectionID, _ device: SimulatedDeviceID) {
        guard let stanza = node.string("id"), let to = node.jid("to") else {
            return self.complain("a receipt without id or to", about: node, by: device.description)
        }
        let isGroup = to.server == .group
        guard let target = (isGroup ? node.jid("participant") : to).flatMap({ self.resolve($0) }) else {
            return self.complain("a receipt to nobody", about: node, by: device.description)
        }
        let key = StanzaQueue.Key(kind: "message", id: stanza, from: to.description, type: "")
        let settlement = self.companions[device]?.queue.settle(key)
        if case .unknown = settlement, self.companions[device]?.received.contains(stanza) != true {
            self.complain("a receipt for a message it was not sent", about: node, by: device.description)
        }
        self.checkReceiptType(node, device, target)
        var ack = Node("ack", ["class": "receipt", "id": .string(stanza), "from": .jid(to)])
        ack.attributes["type"] = node.attributes["type"]
        ack.attributes["participant"] = node.attributes["participant"]
        self.send(ack, to: id)
        self.route(receipt: node, from: device, to: target)
    }

    private mutating func checkReceiptType(_ node: Node, _ device: SimulatedDeviceID, _ target: SimulatedDeviceID) {
        let type = node.string("type") ?? ""
        let known = [
            "", "inactive", "read", "read-self", "played", "played-self", "sender", "retry", "peer_msg", "hist_sync",
            "server-error",
        ]
        if !known.contains(type) {
            self.complain("a receipt of unknown type \(type)", about: node, by: device.description)
        }
        if target.number == device.number, type.isEmpty || type == "inactive" {
            self.complain("a receipt to an own device is of type sender", about: node, by: device.description)
        }
        if type == "retry", node.child("retry")?.string("count") == nil || node.child("registration") == nil {
            self.complain("a retry receipt without retry or registration", about: node, by: device.description)
        }
    }

    /// Takes a receipt to the device that sent the message.
    mutating func route(receipt: Node, from device: SimulatedDeviceID, to target: SimulatedDeviceID) {
        guard let to = receipt.jid("to") else { return }
        var node: Node
        if let addressing = Addressing(to.server) {
            node = Node("receipt", ["from": .jid(self.jid(of: device, addressing)), "t": .string(self.unixTime)])
            node.attributes["recipient"] = receipt.attributes["recipient"]
            if self.settings.otherNames, addressing == .lid, let account = self.accounts[device.number] {
                node.attributes["sender_pn"] = .jid(account.pn)
            }
        } else if let group = self.group(to) {
            node = self.groupStanza("receipt", from: device, group)
        } else {
            return
        }
        node.attributes["id"] = receipt.attributes["id"]
        node.attributes["type"] = receipt.attributes["type"]
        node.content = receipt.content
        if self.companions[target] != nil {
            if receipt.string("type") == "retry", let id = receipt.string("id") {
                self.companions[target]?.askedToRepeat.insert(device.description)
                self.companions[target]?.received.insert(id)
            }
            self.push(node, to: target)
        } else {
            let chat = to.server == .group ? to.description : device.number
            self.mail.append(Delivery(to: target, sender: device, chat: chat, stanza: node))
        }
    }
}
