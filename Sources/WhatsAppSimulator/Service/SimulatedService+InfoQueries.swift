import Foundation
import WhatsAppBinary

// Stanzas come in here and go to what knows them. An iq is answered with a result or an error under its id.
extension SimulatedService {
    mutating func receive(_ node: Node, on id: ConnectionID) {
        guard let connection = self.connections[id] else { return }
        switch connection.stage {
        case .fresh, .ended: return
        case .registering(let registration): self.receive(node, on: id, registration)
        case .device(let device):
            guard self.companions[device] != nil else { return self.endUnlinked(id) }
            self.receive(node, on: id, device)
        }
    }

    private mutating func receive(_ node: Node, on id: ConnectionID, _ registration: Registration) {
        switch node.tag {
        case "iq" where self.isAnswer(node): self.receiveAnswer(node, on: id, registration)
        case "iq":
            self.answerQuery(node, on: id, by: id.description) { service throws(StanzaRefusal) in
                switch (node.string("xmlns"), node.string("type")) {
                case ("w:p", "get"): service.answerPing(node, on: id)
                case ("md", "set"): try service.receiveLinkCode(node, on: id, registration)
                default: throw StanzaRefusal(401, "an iq that only a linked device may send")
                }
            }
        case "ack", "ib": break
        default:
            self.complain("a stanza that only a linked device may send", about: node, by: id.description)
        }
    }

    private mutating func receive(_ node: Node, on id: ConnectionID, _ device: SimulatedDeviceID) {
        switch node.tag {
        case "iq" where self.isAnswer(node): self.receiveAnswer(node, on: id, nil)
        case "iq":
            self.answerQuery(node, on: id, by: device.description) { service throws(StanzaRefusal) in
                try service.receiveQuery(node, on: id, device)
            }
        case "message": self.receiveMessage(node, on: id, device)
        case "receipt": self.receiveReceipt(node, on: id, device)
        case "ack": self.receiveAck(node, device)
        case "presence": self.receivePresence(node, device)
        case "chatstate": self.receiveChatState(node, device)
        case "ib": self.receiveInfo(node, device)
        default:
            self.complain("a stanza no client sends", about: node, by: device.description, answer: "ack error 488")
            if let stanza = node.string("id") {
                self.send(
                    Node("ack", ["class": .string(node.tag), "id": .string(stanza), "error": "488"]), to: id)
            }
        }
    }

    private func isAnswer(_ iq: Node) -> Bool {
        iq.string("type") == "result" || iq.string("type") == "error"
    }

    private mutating func receiveAnswer(_ iq: Node, on id: ConnectionID, _ registration: Registration?) {
        guard let stanza = iq.string("id"), let awaited = self.connections[id]?.awaited.removeValue(forKey: stanza)
        else {
            // A ping without id is answered without one.
            if iq.string("id") == nil, iq.string("type") == "result" { return }
            return self.complain("an answer to nothing that was asked", about: iq, by: self.name(of: id))
        }
        switch awaited {
        case .pairDevice, .ping:
            guard iq.string("type") == "error" else { return }
            self.complain("an error where there is nothing to refuse", about: iq, by: self.name(of: id))
        case .pairSuccess:
            guard let registration else { return }
            self.receivePairReply(iq, on: id, registration)
        }
    }

    /// Runs the answer to an iq; what it throws becomes the error.
    private mutating func answerQuery(
        _ iq: Node, on id: ConnectionID, by sender: String,
        _ body: (inout SimulatedService) throws(StanzaRefusal) -> Void
    ) {
        guard let stanza = iq.string("id"), !stanza.isEmpty else {
            return self.complain("an iq without id", about: iq, by: sender)
        }
        if self.connections[id]?.iqIDs.insert(stanza) == false {
            self.complain("an iq with an id that was used before", about: iq, by: sender)
        }
        do {
            try body(&self)
        } catch {
            self.refuse(iq, on: id, by: sender, error)
        }
    }

    private mutating func refuse(_ iq: Node, on id: ConnectionID, by sender: String, _ refusal: StanzaRefusal) {
        switch refusal.answer {
        case .error(let code, let backoff):
            if refusal.isComplaint { self.complain(refusal.reason, about: iq, by: sender, answer: "iq error \(code)") }
            var error = Node("error", ["code": .integer(code), "text": .string(IQErrorText.text(for: code))])
            error.attributes["backoff"] = backoff.map { .integer($0) }
            var node = Node("iq", ["type": "error", "from": .jid(iq.jid("to") ?? .service)], children: [error])
            node.attributes["id"] = iq.attributes["id"]
            self.send(node, to: id)
        case .malformed: self.end(id, with: Node("stream:error", children: [Node("xml-not-well-formed")]))
        case .silence: break
        }
    }

    mutating func answer(_ iq: Node, on id: ConnectionID, _ children: [Node] = []) {
        var node = Node("iq", ["from": .jid(.service), "type": "result"])
        node.attributes["id"] = iq.attributes["id"]
        if !children.isEmpty { node.content = .nodes(children) }
        self.send(node, to: id)
    }

    private mutating func receiveQuery(
        _ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) {
        let namespace = iq.string("xmlns") ?? ""
        if namespace == "w:g2" { return try self.queryGroups(iq, on: id, device) }
        guard let to = iq.jid("to")?.normalized, to == .service else {
            throw StanzaRefusal(400, "an iq that is not addressed to the service")
        }
        switch (namespace, iq.string("type")) {
        case ("w:p", "get"): self.answerPing(iq, on: id)
        case ("passive", "set"): try self.setPassive(iq, on: id, device)
        case ("encrypt", "get"): try self.queryPreKeys(iq, on: id, device)
        case ("encrypt", "set"): try self.uploadPreKeys(iq, on: id, device)
        case ("usync", "get"): try self.queryUsers(iq, on: id, device)
        case ("privacy", "set"): try self.setTokens(iq, on: id, device)
        case ("w:m", "set"): try self.queryMediaHosts(iq, on: id, device)
        case ("w:mex", "get"): try self.queryMex(iq, on: id, device)
        case ("md", "set"): try self.removeCompanion(iq, on: id, device)
        case ("urn:xmpp:whatsapp:dirty", "set"): self.answer(iq, on: id)
        default: throw StanzaRefusal(501, "an iq of a kind that is not simulated: \(namespace)")
        }
    }

    private mutating func answerPing(_ iq: Node, on id: ConnectionID) {
        guard self.connections[id]?.isSilent == false else { return }
        self.send(
            Node(
                "iq",
                [
                    "from": .jid(.service), "type": "result", "id": .string(iq.string("id") ?? ""),
                    "t": .string(self.unixTime),
                ]), to: id)
    }

    private mutating func setPassive(
        _ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) {
        if iq.child("active") != nil {
            self.answer(iq, on: id)
            self.activate(id, device)
        } else if iq.child("passive") != nil {
            self.companions[device]?.isActive = false
            self.answer(iq, on: id)
        } else {
            throw StanzaRefusal(400, "an iq about passive mode says neither active nor passive")
        }
    }

    private mutating func removeCompanion(
        _ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) {
        guard let child = iq.child("remove-companion-device"), let jid = child.jid("jid") else {
            throw StanzaRefusal(400, "an iq about linked devices without known child")
        }
        guard self.resolve(jid) == device else {
            throw StanzaRefusal(403, "a companion may remove itself only")
        }
        guard child.string("reason") == "user_initiated" else {
            throw StanzaRefusal(400, "a removal without the reason user_initiated")
        }
        self.answer(iq, on: id)
        self.forget(device)
        self.end(id)
    }

    /// What a client says by the way.
    private mutating func receiveInfo(_ node: Node, _ device: SimulatedDeviceID) {
        for child in node.children {
            switch child.tag {
            case "unified_session", "offline_batch": break
            default: self.complain("an unknown <ib> child \(child.tag)", about: node, by: device.description)
            }
        }
    }
}
