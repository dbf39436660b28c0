import CryptoPrimitives
import Foundation
import SignalProtocol
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

extension SimulatedPhone {
    /// Works through one stanza.
    mutating func receive(
        _ delivery: Delivery, now: Date, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        guard self.isOnline else {
            self.waiting.append(delivery)
            return []
        }
        switch delivery.stanza.tag {
        case "message": return self.receiveMessage(delivery, now: now, using: &random)
        case "receipt": return self.receiveReceipt(delivery)
        default: return []
        }
    }

    private mutating func receiveMessage(
        _ delivery: Delivery, now: Date, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        let stanza = delivery.stanza
        guard let id = stanza.string("id"), let enc = stanza.child("enc"), case .bytes(let bytes) = enc.content else {
            return []
        }
        let plaintext: [UInt8]
        do {
            plaintext = try self.decrypt(bytes, enc.string("type"), from: delivery.sender, using: &random)
        } catch SignalError.duplicateMessage {
            let isKnown = self.inbox.countRepeat(from: delivery.sender.number, chat: delivery.chat, id: id)
            return (isKnown ? [.repeated(sender: delivery.sender)] : []) + [self.receipt(for: delivery)]
        } catch {
            return self.refuse(delivery, id: id, "\(error)", using: &random)
        }
        self.retries["\(id)|\(delivery.sender)"] = nil
        var outputs = [self.receipt(for: delivery)]
        guard stanza.string("category") != "peer" else { return outputs }
        do throws(StanzaRefusal) {
            let text = try self.read(plaintext, delivery)
            outputs += self.show(text, id: id, delivery, now: now)
        } catch {
            outputs.append(.complaint(error.reason, sender: delivery.sender))
        }
        return outputs
    }

    private mutating func decrypt(
        _ bytes: [UInt8], _ type: String?, from sender: SimulatedDeviceID, using random: inout SimulationRandom
    ) throws -> [UInt8] {
        let address = Self.address(of: sender)
        let cipher = SessionCipher()
        if type == "pkmsg" {
            let message = try PreKeySignalMessage(serialized: bytes)
            return try cipher.decrypt(message, from: address, in: &self.store, using: &random).plaintext
        }
        let message = try SignalMessage(serialized: bytes)
        return try cipher.decrypt(message, from: address, in: &self.store, using: &random).plaintext
    }

    /// The text in a plaintext, once everything about it is right.
    private func read(_ plaintext: [UInt8], _ delivery: Delivery) throws(StanzaRefusal) -> String? {
        guard let bytes = try? MessagePadding.unpad(plaintext) else {
            throw StanzaRefusal(.silence, "the padding of a message is wrong")
        }
        guard var message = try? WAMessage(serializedBytes: bytes) else {
            throw StanzaRefusal(.silence, "a plaintext is no message")
        }
        let isOwn = delivery.sender.number == self.id.number
        if message.hasDeviceSentMessage {
            guard isOwn else {
                throw StanzaRefusal(.silence, "a message to others is wrapped as one for own devices")
            }
            guard message.deviceSentMessage.destinationJid == delivery.stanza.jid("recipient")?.description else {
                throw StanzaRefusal(.silence, "the wrapped message names another chat than the stanza")
            }
            message = message.deviceSentMessage.message
        } else if isOwn, delivery.chat != self.id.number {
            throw StanzaRefusal(.silence, "a message for own devices is not wrapped")
        }
        if message.hasConversation { return message.conversation }
        if message.hasExtendedTextMessage { return message.extendedTextMessage.text }
        return nil
    }

    private mutating func show(
        _ text: String?, id: String, _ delivery: Delivery, now: Date
    ) -> [PhoneOutput] {
        guard let text else { return [] }
        let sender = delivery.sender.number
        let message = InboxMessage(
            id: id, from: sender, chat: delivery.chat, text: text, isFromMe: sender == self.id.number, time: now,
            repeats: 0, isRead: false)
        guard self.inbox.add(message) else { return [.repeated(sender: delivery.sender)] }
        guard !message.isFromMe, self.id.isPhone else {
            return [.shown(message, sender: delivery.sender, repliesWith: nil, readsAfter: nil)]
        }
        var reply = self.nextReplies.isEmpty ? nil : self.nextReplies.removeFirst()
        if reply == nil, let standing = self.script?.reply, self.answered.insert(sender).inserted {
            reply = PhoneReply(text: standing, after: 0)
        }
        let read = self.nextReads.isEmpty ? self.script?.readAfter : self.nextReads.removeFirst()
        return [.shown(message, sender: delivery.sender, repliesWith: reply, readsAfter: read)]
    }

    private func receipt(for delivery: Delivery) -> PhoneOutput {
        var node = Node("receipt")
        node.attributes["id"] = delivery.stanza.attributes["id"]
        node.attributes["to"] = delivery.stanza.attributes["from"]
        node.attributes["recipient"] = delivery.stanza.attributes["recipient"]
        if delivery.stanza.string("category") == "peer" {
            node.attributes["type"] = "peer_msg"
        } else if delivery.sender.number == self.id.number {
            node.attributes["type"] = "sender"
        }
        return .receipt(node, to: delivery.sender)
    }

    /// Asks for a message again, five times at most; the keys go along from the second time on.
    private mutating func refuse(
        _ delivery: Delivery, id: String, _ reason: String, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        self.undecryptable += 1
        let key = "\(id)|\(delivery.sender)"
        let count = self.retries[key, default: 0] + 1
        self.retries[key] = count
        let failure = PhoneOutput.undecryptable(reason, sender: delivery.sender)
        guard count <= 5, let bundle = try? self.bundle(withOneTimeKey: count > 1, using: &random) else {
            return [failure]
        }
        var node = Node("receipt", ["type": "retry"])
        node.attributes["id"] = delivery.stanza.attributes["id"]
        node.attributes["to"] = delivery.stanza.attributes["from"]
        node.attributes["recipient"] = delivery.stanza.attributes["recipient"]
        let retry = Node(
            "retry",
            [
                "count": .integer(count), "id": .string(id), "t": delivery.stanza.attributes["t"] ?? "0", "v": "1",
            ])
        var children = [retry, Node("registration", bytes: bundle.registrationID.bytes(4))]
        if let preKey = bundle.preKey {
            let head = SimulatedService.head(of: bundle.registrationID, bundle.identityKey.publicKey).dropFirst()
            children.append(
                Node(
                    "keys",
                    children: Array(head) + [
                        SimulatedService.node(of: preKey), SimulatedService.node(of: bundle.signedPreKey),
                    ]))
        }
        node.content = .nodes(children)
        return [failure, .receipt(node, to: delivery.sender)]
    }

    /// News about a message of the phone's own.
    private mutating func receiveReceipt(_ delivery: Delivery) -> [PhoneOutput] {
        let stanza = delivery.stanza
        let items = stanza.child("list")?.children("item").compactMap { $0.string("id") } ?? []
        for id in [stanza.string("id") ?? ""] + items {
            switch stanza.string("type") {
            case nil, "inactive": self.sent[id]?.deliveredTo.insert(delivery.sender)
            case "read", "played":
                self.sent[id]?.deliveredTo.insert(delivery.sender)
                self.sent[id]?.readOn.insert(delivery.sender)
            default: break
            }
        }
        guard stanza.string("type") == "retry", let id = stanza.string("id"), let message = self.sent[id],
            let count: Int = stanza.child("retry")?.integer("count"), count <= 5
        else { return [] }
        let retry = PhoneRetry(count: count, bundle: Self.bundle(in: stanza))
        return [.sendAgain(message, to: delivery.sender, retry)]
    }

    private static func bundle(in receipt: Node) -> PreKeyBundle? {
        guard let keys = receipt.child("keys"), let skey = keys.child("skey"),
            let registration = receipt.child("registration")?.bytes, registration.count == 4,
            let identity = try? PreKeyUpload.key("identity", of: keys),
            let signed = try? PreKeyUpload.signedKey(skey, of: identity)
        else { return nil }
        let oneTime = keys.child("key").flatMap { try? PreKeyUpload.oneTimeKey($0) }
        return PreKeyBundle(
            registrationID: UInt32(bigEndian: registration), identityKey: IdentityKey(identity),
            signedPreKey: signed, preKey: oneTime)
    }
}
