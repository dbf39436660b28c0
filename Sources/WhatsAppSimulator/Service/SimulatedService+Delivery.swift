import Foundation
import WhatsAppBinary

// Stanzas on their way to devices: a phone that is run here gets them at once, a companion when it is logged in and no
// longer passive; until it has acknowledged them they are kept.
extension SimulatedService {
    mutating func deliver(_ deliveries: [Delivery]) {
        for delivery in deliveries {
            if self.companions[delivery.to] != nil {
                self.deliverToCompanion(delivery)
            } else {
                self.mail.append(delivery)
            }
        }
    }

    private mutating func deliverToCompanion(_ delivery: Delivery) {
        let device = delivery.to
        var stanza = delivery.stanza
        if let id = stanza.string("id") { self.companions[device]?.received.insert(id) }
        var isDuplicated = false
        var isHeldBack = false
        for action in self.takeFaults(on: .delivery, from: delivery.sender.number, to: device.number) {
            switch action {
            case .duplicate: isDuplicated = true
            case .reorder: isHeldBack = true
            case .corrupt: stanza.corruptCiphertexts()
            case .drop: return self.keep(stanza, for: device)
            default: self.happen(action, to: [device], recipient: delivery.sender.number)
            }
        }
        if isHeldBack {
            self.heldBack[device, default: []].append(stanza)
            // If nothing follows, it is late and no more.
            self.later.insert(.release(device), due: self.now + 1)
            return
        }
        self.push(stanza, to: device)
        if isDuplicated { self.push(stanza, to: device) }
        self.releaseHeldBack(device)
    }

    mutating func releaseHeldBack(_ device: SimulatedDeviceID) {
        for stanza in self.heldBack.removeValue(forKey: device) ?? [] { self.push(stanza, to: device) }
    }

    private mutating func keep(_ stanza: Node, for device: SimulatedDeviceID) {
        self.companions[device]?.queue.append(stanza)
    }

    /// Keeps a stanza for a companion and sends it if it is there.
    mutating func push(_ stanza: Node, to device: SimulatedDeviceID) {
        self.keep(stanza, for: device)
        guard let companion = self.companions[device], companion.isActive, let id = companion.connection else { return }
        self.send(stanza, to: id)
    }

    var mailCount: Int { self.mail.count - self.mailPosition }
    var hasMail: Bool { self.mailCount > 0 }

    /// Hands the phones that are run here what came for them, and does what they do about it.
    /// - Parameter limit: how much at most; the rest stays.
    mutating func deliverMail(upTo limit: Int = .max) {
        var count = 0
        while self.mailPosition < self.mail.count, count < limit {
            count += 1
            let delivery = self.mail[self.mailPosition]
            self.mailPosition += 1
            self.usePhone(delivery.to)
            guard let outputs = self.phones[delivery.to]?.receive(delivery, now: self.now, using: &self.random) else {
                continue
            }
            for output in outputs { self.perform(output, by: delivery.to) }
        }
        guard self.mailPosition == self.mail.count || self.mailPosition > 4096 else { return }
        self.mail.removeFirst(self.mailPosition)
        self.mailPosition = 0
    }
}

extension Node {
    fileprivate mutating func corruptCiphertexts() {
        guard case .nodes(var children) = self.content else { return }
        for index in children.indices where children[index].tag == "enc" {
            // So far from the end are a ciphertext or its MAC, in both kinds of messages.
            guard case .bytes(var bytes) = children[index].content, bytes.count > 20 else { continue }
            bytes[bytes.count - 20] ^= 1
            children[index].content = .bytes(bytes)
        }
        self.content = .nodes(children)
    }
}
