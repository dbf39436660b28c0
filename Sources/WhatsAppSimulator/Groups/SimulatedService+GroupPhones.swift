import Foundation
import WhatsAppBinary
import WhatsAppProto

// A person writes to a group: the phone gives its key to the devices that have not got it, then one ciphertext to all.
extension SimulatedService {
    mutating func send(_ content: PhoneContent, from phone: SimulatedDeviceID, toGroup address: String, id: String) {
        guard let group = self.groups[address], group.members.contains(phone.number) else { return }
        self.phones[phone]?.sent[id] = SentMessage(id: id, to: address, content: content)
        let devices = self.devices(of: group).filter { $0 != phone }
        self.accepted[phone.number, default: [:]]["\(address)|\(id)"] = AcceptedMessage(
            sender: phone, served: Set(devices))
        do {
            var keys: [SimulatedDeviceID: Node] = [:]
            let holders = self.phones[phone]?.keyHolders[address] ?? []
            let key = try self.phones[phone]?.senderKey(for: address, using: &self.random)
            for device in devices where !holders.contains(device) {
                try self.startSessionIfNeeded(from: phone, to: device, nil)
                guard let key else { continue }
                keys[device] = try self.phones[phone]?.encrypt(key, for: device, using: &self.random)
            }
            self.phones[phone]?.keyHolders[address, default: []].formUnion(keys.keys)
            guard var body = try self.phones[phone]?.encrypt(content.message, forGroup: address, using: &self.random)
            else { return }
            body.attributes["mediatype"] = content.type.mediaType.map { .string($0) }
            self.deliver(
                devices.map { device in
                    let encs = (keys[device].map { [$0] } ?? []) + [body]
                    return self.delivery(of: content, id: id, encs, to: device, from: phone, group)
                })
        } catch {
            self.complain("\(phone) could not encrypt for a group: \(error)", by: phone.description)
        }
    }

    private func delivery(
        of content: PhoneContent, id: String, _ encs: [Node], to device: SimulatedDeviceID,
        from phone: SimulatedDeviceID, _ group: SimulatedGroup
    ) -> Delivery {
        var node = self.groupStanza("message", from: phone, group)
        node.attributes["id"] = .string(id)
        node.attributes["type"] = .string(content.type.type)
        node.content = .nodes(encs)
        return Delivery(to: device, sender: phone, chat: group.id.description, stanza: node)
    }

    /// A member's device could not read a message: it gets it alone, with the key.
    mutating func sendAgain(
        _ message: SentMessage, toGroupMember device: SimulatedDeviceID, from phone: SimulatedDeviceID,
        _ retry: PhoneRetry
    ) {
        guard let group = self.groups[message.to], group.members.contains(device.number) else { return }
        do {
            try self.startSessionIfNeeded(from: phone, to: device, retry)
            guard let key = try self.phones[phone]?.senderKey(for: message.to, using: &self.random) else { return }
            var plaintext = message.content.message
            plaintext.senderKeyDistributionMessage = key.senderKeyDistributionMessage
            guard var enc = try self.phones[phone]?.encrypt(plaintext, for: device, using: &self.random) else { return }
            enc.attributes["count"] = .integer(retry.count)
            enc.attributes["mediatype"] = message.content.type.mediaType.map { .string($0) }
            self.deliver([self.delivery(of: message.content, id: message.id, [enc], to: device, from: phone, group)])
        } catch {
            self.complain("\(phone) could not encrypt for it: \(error)", by: device.description)
        }
    }
}
