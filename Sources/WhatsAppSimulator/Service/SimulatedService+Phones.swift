import Foundation
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

// What people and their phones do.
extension SimulatedService {
    mutating func perform(_ act: PersonAct) {
        switch act {
        case .send(let from, let to, let text, let id): self.send(.text(text), from: from, to: to, id: id)
        case .read(let number, let from, let id):
            self.read(SimulatedDeviceID(number: number), MessageKey(from: from, chat: from, id: id))
        case .unlink(let device): self.unlink(device)
        case .setOnline(let number, let isOnline): self.setOnline(number, isOnline)
        case .giveToken(let from, let to): self.giveToken(from: from, to: to)
        case .setTyping(let from, let to, let isTyping): self.showTyping(from: from, to: to, isTyping)
        }
    }

    mutating func perform(_ output: PhoneOutput, by phone: SimulatedDeviceID) {
        switch output {
        case .receipt(let node, let target): self.route(receipt: node, from: phone, to: target)
        case .shown(let message, let sender, let reply, let readAfter):
            guard !message.isFromMe, phone.isPhone else { return }
            if self.companions[sender] != nil { self.counts.shownMessages += 1 }
            if let readAfter = readAfter ?? self.settings.readAfter {
                let key = MessageKey(from: message.from, chat: message.chat, id: message.id)
                self.later.insert(.read(phone, key), due: self.now + readAfter)
            }
            if let reply {
                let chat = SimulatedGroup.isAddress(message.chat) ? message.chat : message.from
                let work = LaterWork.reply(from: phone.number, to: chat, text: reply.text)
                self.later.insert(work, due: self.now + reply.after)
            }
        case .repeated(let sender):
            if self.companions[sender] != nil, phone.isPhone { self.counts.rawRepeats += 1 }
        case .undecryptable(let reason, let sender):
            self.counts.undecryptable += 1
            guard let reason, self.phones[phone]?.hasLostKeys == false, self.companions[sender] != nil else { return }
            self.complain("\(phone) could not decrypt a message: \(reason)", by: sender.description)
        case .complaint(let reason, let sender): self.complain(reason, by: sender.description)
        case .download(let order): self.fetch(order, for: phone)
        case .mediaLost(let receipt, let key, let target): self.askForUpload(receipt, key, from: phone, to: target)
        case .sendAgain(let message, let device, let retry): self.sendAgain(message, from: phone, to: device, retry)
        }
    }

    mutating func read(_ phone: SimulatedDeviceID, _ key: MessageKey) {
        let group = self.groups[key.chat]
        guard self.phones[phone]?.inbox.markRead(key) == true,
            let message = self.accepted[key.from]?["\(group == nil ? phone.number : key.chat)|\(key.id)"]
        else { return }
        var receipt = Node("receipt", ["id": .string(key.id), "type": "read"])
        receipt.attributes["to"] = .jid(group?.id ?? self.jid(of: message.sender, .lid))
        self.route(receipt: receipt, from: phone, to: message.sender)
    }

    /// A person writes to another, to all of both people's devices, or to a group.
    mutating func send(_ content: PhoneContent, from number: String, to contact: String, id: String?) {
        let phone = SimulatedDeviceID(number: number)
        guard self.account(number) != nil else { return }
        self.usePhone(phone)
        guard self.phones[phone] != nil, let id = id ?? self.makeMessageID() else { return }
        if SimulatedGroup.isAddress(contact) { return self.send(content, from: phone, toGroup: contact, id: id) }
        guard let peer = self.account(contact) else { return }
        self.phones[phone]?.sent[id] = SentMessage(id: id, to: contact, content: content)
        self.accounts[number]?.contacts.insert(contact)
        if self.accounts[number]?.issuedTokens[contact] == nil { self.giveToken(from: number, to: contact) }
        let devices = (self.devices(of: contact) + self.devices(of: number)).filter { $0 != phone }
        self.accepted[number, default: [:]]["\(contact)|\(id)"] = AcceptedMessage(sender: phone, served: Set(devices))
        for device in Set(devices).sorted(by: { ($0.number, $0.device) < ($1.number, $1.device) }) {
            self.send(content, id: id, from: phone, chat: peer, to: device, nil)
        }
    }

    mutating func makeMessageID() -> String? { try? MessageID.make(for: nil, now: self.now, using: &self.random) }

    private mutating func send(
        _ content: PhoneContent, id: String, from phone: SimulatedDeviceID, chat peer: SimulatedAccount,
        to device: SimulatedDeviceID, _ retry: PhoneRetry?
    ) {
        do {
            try self.startSessionIfNeeded(from: phone, to: device, retry)
            let message = content.message(for: device, of: phone, chat: peer.lid)
            guard var enc = try self.phones[phone]?.encrypt(message, for: device, using: &self.random) else { return }
            enc.attributes["count"] = (retry?.count).map { .integer($0) }
            enc.attributes["mediatype"] = content.type.mediaType.map { .string($0) }
            var node = Node("message", ["from": .jid(self.jid(of: phone, .lid)), "id": .string(id)])
            node.attributes["type"] = .string(content.type.type)
            node.attributes["t"] = .string(self.unixTime)
            node.attributes["notify"] = .string(self.accounts[phone.number]?.name ?? "")
            if device.number == phone.number {
                node.attributes["recipient"] = .jid(peer.lid)
            } else if self.settings.otherNames {
                node.attributes["sender_pn"] = .jid(self.jid(of: SimulatedDeviceID(number: phone.number), .number))
            }
            node.content = .nodes([enc])
            let seen = device.number == phone.number ? peer.number : phone.number
            self.deliver([Delivery(to: device, sender: phone, chat: seen, stanza: node)])
        } catch {
            self.complain("\(phone) could not encrypt for it: \(error)", by: device.description)
        }
    }

    mutating func startSessionIfNeeded(
        from phone: SimulatedDeviceID, to device: SimulatedDeviceID, _ retry: PhoneRetry?
    ) throws {
        let isNew = self.phones[phone]?.withoutSession([device]).isEmpty == false
        guard isNew || retry?.bundle != nil || (retry?.count ?? 0) >= 2 else { return }
        guard let bundle = retry?.bundle ?? self.takeBundle(of: device) else { return }
        try self.phones[phone]?.startSession(with: device, bundle, using: &self.random)
    }

    private mutating func sendAgain(
        _ message: SentMessage, from phone: SimulatedDeviceID, to device: SimulatedDeviceID, _ retry: PhoneRetry
    ) {
        if SimulatedGroup.isAddress(message.to) {
            return self.sendAgain(message, toGroupMember: device, from: phone, retry)
        }
        guard let peer = self.accounts[message.to] else { return }
        self.send(message.content, id: message.id, from: phone, chat: peer, to: device, retry)
    }

    private mutating func setOnline(_ number: String, _ isOnline: Bool) {
        let phone = SimulatedDeviceID(number: number)
        guard self.account(number) != nil else { return }
        self.usePhone(phone)
        self.phones[phone]?.isOnline = isOnline
        if isOnline, let waiting = self.phones[phone]?.waiting {
            self.phones[phone]?.waiting = []
            self.mail += waiting
        }
        self.announcePresence(of: number)
    }
}
