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

    /// What came of one message, as long as it is worked through.
    private struct Progress {
        var outputs: [PhoneOutput] = []
        /// Whether something in it was there before.
        var isRepetition = false
        /// Why it, or a part of it, could not be read.
        var failure: SignalError?
    }

    private mutating func receiveMessage(
        _ delivery: Delivery, now: Date, using random: inout SimulationRandom
    ) -> [PhoneOutput] {
        guard let id = delivery.stanza.string("id") else { return [] }
        var progress = Progress()
        // What brings the sender's key comes before what needs it, wherever they stand.
        let encs = delivery.stanza.children("enc")
        for enc in encs.filter({ $0.string("type") != "skmsg" }) + encs.filter({ $0.string("type") == "skmsg" }) {
            self.work(through: enc, id: id, delivery, now: now, &progress, using: &random)
            guard progress.failure == nil else { break }
        }
        if let failure = progress.failure { return self.refuse(delivery, id: id, failure, using: &random) }
        self.retries["\(id)|\(delivery.sender)"] = nil
        if progress.isRepetition {
            let key = MessageKey(from: delivery.sender.number, chat: delivery.chat, id: id)
            if self.inbox.countRepeat(key) { progress.outputs.append(.repeated(sender: delivery.sender)) }
        }
        return [self.receipt(for: delivery)] + progress.outputs
    }

    private mutating func work(
        through enc: Node, id: String, _ delivery: Delivery, now: Date, _ progress: inout Progress,
        using random: inout SimulationRandom
    ) {
        let plaintext: [UInt8]
        do {
            plaintext = try self.decrypt(enc, delivery, using: &random)
        } catch SignalError.duplicateMessage {
            progress.isRepetition = true
            return
        } catch {
            progress.failure = (error as? SignalError) ?? .malformedMessage(part: "ciphertext")
            return
        }
        guard delivery.stanza.string("category") != "peer" else { return }
        do throws(StanzaRefusal) {
            let message = try self.open(plaintext, enc, delivery)
            guard let content = try self.content(of: message, enc, delivery) else { return }
            progress.outputs += Self.complaints(about: content, enc, delivery)
            progress.outputs += self.show(content, id: id, delivery, now: now)
        } catch {
            progress.outputs.append(.complaint(error.reason, sender: delivery.sender))
        }
    }

    private mutating func decrypt(
        _ enc: Node, _ delivery: Delivery, using random: inout SimulationRandom
    ) throws -> [UInt8] {
        guard case .bytes(let bytes) = enc.content else { throw SignalError.malformedMessage(part: "ciphertext") }
        let address = Self.address(of: delivery.sender)
        switch enc.string("type") {
        case "skmsg":
            return try SenderKeyCipher().decrypt(
                SenderKeyMessage(serialized: bytes), from: self.senderKeyName(delivery), in: &self.store)
        case "pkmsg":
            let message = try PreKeySignalMessage(serialized: bytes)
            return try SessionCipher().decrypt(message, from: address, in: &self.store, using: &random).plaintext
        default:
            let message = try SignalMessage(serialized: bytes)
            return try SessionCipher().decrypt(message, from: address, in: &self.store, using: &random).plaintext
        }
    }

    func senderKeyName(_ delivery: Delivery) -> SenderKeyName {
        SenderKeyName(groupID: delivery.chat, sender: Self.address(of: delivery.sender))
    }
}

// What is in a plaintext.
extension SimulatedPhone {
    /// The message in a plaintext; a sender's key that came with it is taken in.
    private mutating func open(
        _ plaintext: [UInt8], _ enc: Node, _ delivery: Delivery
    ) throws(StanzaRefusal) -> WAMessage {
        guard let bytes = try? MessagePadding.unpad(plaintext) else {
            throw StanzaRefusal(.silence, "the padding of a message is wrong")
        }
        guard let message = try? WAMessage(serializedBytes: bytes) else {
            throw StanzaRefusal(.silence, "a plaintext is no message")
        }
        guard message.hasSenderKeyDistributionMessage else { return message }
        guard delivery.isGroup, enc.string("type") != "skmsg" else {
            throw StanzaRefusal(.silence, "a sender key that does not come to one device of a group")
        }
        guard message.senderKeyDistributionMessage.groupID == delivery.chat else {
            throw StanzaRefusal(.silence, "a sender key names another group than its stanza")
        }
        do {
            let key = try SenderKeyDistributionMessage(
                serialized: Array(message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage))
            try SenderKeyCipher().process(key, from: self.senderKeyName(delivery), in: &self.store)
        } catch {
            throw StanzaRefusal(.silence, "a sender key cannot be read: \(error)")
        }
        return message
    }

    /// What a message shows, once everything about its wrapping is right; `nil` for one that only brings a key.
    private func content(
        of message: WAMessage, _ enc: Node, _ delivery: Delivery
    ) throws(StanzaRefusal) -> MessageContent? {
        var message = message
        message.clearSenderKeyDistributionMessage()
        let isOwn = delivery.sender.number == self.id.number
        if message.hasDeviceSentMessage {
            guard isOwn, !delivery.isGroup else {
                throw StanzaRefusal(.silence, "a message to others is wrapped as one for own devices")
            }
            guard message.deviceSentMessage.destinationJid == delivery.stanza.jid("recipient")?.description else {
                throw StanzaRefusal(.silence, "the wrapped message names another chat than the stanza")
            }
            message = message.deviceSentMessage.message
        } else if isOwn, !delivery.isGroup, delivery.chat != self.id.number {
            throw StanzaRefusal(.silence, "a message for own devices is not wrapped")
        }
        let content = MessageContent(message)
        guard delivery.isGroup, enc.string("type") != "skmsg", enc.attributes["count"] == nil else { return content }
        // Beside the message to all there is nothing for one device but the key.
        if case .nothing = content.shown { return nil }
        throw StanzaRefusal(.silence, "a content that is for one device of a group only")
    }

    /// What is wrong about a content, or about what its stanza says of it.
    private static func complaints(
        about content: MessageContent, _ enc: Node, _ delivery: Delivery
    ) -> [PhoneOutput] {
        var reasons = content.complaints
        let said = MessageContent.StanzaType(
            type: delivery.stanza.string("type") ?? "", mediaType: enc.string("mediatype"))
        if !content.types.isEmpty, !content.types.contains(said) {
            reasons.append(
                "a message of type \(said.type) and media type \(said.mediaType ?? "none") holds another kind")
        }
        return reasons.map { .complaint($0, sender: delivery.sender) }
    }

    private mutating func show(
        _ content: MessageContent, id: String, _ delivery: Delivery, now: Date
    ) -> [PhoneOutput] {
        let key = MessageKey(from: delivery.sender.number, chat: delivery.chat, id: id)
        switch content.shown {
        case .nothing: return []
        case .text(let text):
            guard self.inbox.add(key, text: text, media: nil, on: self.id, now: now) else {
                return [.repeated(sender: delivery.sender)]
            }
            return self.answer(key, delivery.sender)
        case .media(var order, let media):
            guard self.inbox.add(key, text: media.caption ?? "", media: media, on: self.id, now: now) else {
                return [.repeated(sender: delivery.sender)]
            }
            order.message = key
            self.downloads[key] = PendingDownload(sender: delivery.sender, attempts: 0)
            return [.download(order)]
        }
    }

    /// What the owner does about a message that is there to be seen.
    mutating func answer(_ key: MessageKey, _ sender: SimulatedDeviceID) -> [PhoneOutput] {
        guard let message = self.inbox[key] else { return [] }
        guard !message.isFromMe, self.id.isPhone else {
            return [.shown(message, sender: sender, repliesWith: nil, readsAfter: nil)]
        }
        var reply = self.nextReplies.isEmpty ? nil : self.nextReplies.removeFirst()
        // In a group everybody would answer everybody.
        if reply == nil, !SimulatedGroup.isAddress(key.chat), let standing = self.script?.reply,
            self.answered.insert(key.from).inserted
        {
            reply = PhoneReply(text: standing, after: 0)
        }
        let read = self.nextReads.isEmpty ? self.script?.readAfter : self.nextReads.removeFirst()
        return [.shown(message, sender: sender, repliesWith: reply, readsAfter: read)]
    }
}
