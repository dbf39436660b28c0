import CryptoPrimitives
import Foundation
import Logging
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

extension Messenger {
    /// What came of one ciphertext.
    private enum Reading: Sendable {
        case opened(InboundContent, isFromMe: Bool, replacedIdentity: Bool)
        /// It has come before, and was dealt with.
        case repeated(isFromMe: Bool)
        case failed(SignalError)
    }

    func handleMessage(_ stanza: Node) async throws(ClientError) {
        guard let message = InboundMessage(stanza) else {
            if stanza.attributes["id"] != nil, stanza.attributes["from"] != nil {
                await self.reply(.refusing(stanza, code: 487))
            }
            return
        }
        switch message.body {
        case .none: await self.reply(.acknowledging(stanza))
        case .botMessage: await self.reply(.refusing(stanza, code: 495))
        case .unavailable:
            let isFromMe = try await self.read { try $0.loadDevice().account?.isOwn(message.sender) ?? false }
            try await self.tell(nil, nil, nil, of: message, isFromMe: isFromMe)
            await self.reply(.acknowledging(stanza))
        case .ciphertexts(let ciphertexts): try await self.handle(ciphertexts, of: message)
        }
    }

    private func handle(
        _ ciphertexts: [InboundMessage.Ciphertext], of message: InboundMessage
    ) async throws(ClientError) {
        var hasHistory = false
        var isFromMe = false
        for ciphertext in ciphertexts {
            let hash = try Self.hash(ciphertext.bytes)
            switch try await self.open(ciphertext, hash, of: message) {
            case .opened(let content, let isOwn, let replacedIdentity):
                isFromMe = isOwn
                if replacedIdentity { await self.onEvent(.identityChanged(of: message.sender.account)) }
                if content.kind == .historySync { hasHistory = true }
                guard case .text(let text, let editedID) = content.kind, message.group == nil else { continue }
                try await self.tell(text, editedID, content.destination, of: message, isFromMe: isOwn)
                try await self.settle(hash, of: message)
            case .repeated(let isOwn): isFromMe = isOwn
            case .failed(let error): return try await self.askAgain(for: message, ciphertext, after: error)
            }
        }
        await self.confirm(message, isFromMe: isFromMe)
        if hasHistory { await self.confirmHistory(message) }
    }

    private static func hash(_ bytes: [UInt8]) throws(ClientError) -> [UInt8] {
        do {
            return try Digest.sha256.hash(bytes)
        } catch {
            throw .primitiveFailed(error)
        }
    }

    /// Decrypts and stores all that follows from it in one transaction: a ciphertext can be opened only once, so what
    /// was in it must not get lost.
    private func open(
        _ ciphertext: InboundMessage.Ciphertext, _ hash: [UInt8], of message: InboundMessage
    ) async throws(ClientError) -> Reading {
        let (cipher, generator, now) = (self.cipher, self.generator, self.time.now.date)
        return try await self.write { state in
            for mapping in message.node.mappings { try state.learn(mapping) }
            let isFromMe = try state.loadDevice().account?.isOwn(message.sender) ?? false
            switch try state.loadReceivedMessage(hash: hash)?.outcome {
            case .handled: return .repeated(isFromMe: isFromMe)
            case .decrypted(let plaintext):
                let content = InboundContent(plaintext: plaintext.exposed, isFromMe: isFromMe)
                return .opened(content, isFromMe: isFromMe, replacedIdentity: false)
            case nil: break
            }
            let opened: OpenedCiphertext
            do {
                var generator = generator
                opened = try state.open(ciphertext, of: message, cipher, using: &generator)
            } catch SignalError.duplicateMessage {
                return .repeated(isFromMe: isFromMe)
            } catch let error as SignalError {
                return .failed(error)
            }
            return try state.receive(opened, of: message, hash: hash, isFromMe: isFromMe, now: now)
                .map { .opened($0, isFromMe: isFromMe, replacedIdentity: opened.replacedIdentity) }
                ?? .repeated(isFromMe: isFromMe)
        }
    }

    private func tell(
        _ text: String?, _ editedID: String?, _ destination: JID?, of message: InboundMessage, isFromMe: Bool
    ) async throws(ClientError) {
        let chat = isFromMe ? destination ?? message.recipient ?? message.from : message.from
        guard chat.isPerson else { return }
        let (chatPerson, sender) = try await self.read { (try $0.person(chat), try $0.person(message.sender)) }
        // What came before is told before.
        await self.handReceiptsOver()
        try await self.tell(
            .text(
                InboundText(
                    id: message.id, chat: chatPerson, sender: sender, isFromMe: isFromMe, text: text,
                    editedID: editedID, pushName: message.pushName, date: message.date ?? self.time.now.date,
                    isBacklog: message.isBacklog)))
    }

    /// The event was stored: from now on only the receipt is repeated.
    private func settle(_ hash: [UInt8], of message: InboundMessage) async throws(ClientError) {
        try await self.write { state in
            guard var received = try state.loadReceivedMessage(hash: hash) else { return }
            received.outcome = .handled
            try state.saveReceivedMessage(received, hash: hash)
        }
    }

    private func confirm(_ message: InboundMessage, isFromMe: Bool) async {
        let type: String? =
            switch (message.isPeer, isFromMe, self.presence) {
            case (true, _, _): "peer_msg"
            case (_, true, _): "sender"
            case (_, _, .available): nil
            case (_, _, .unavailable): "inactive"
            }
        await self.reply(.receipt(for: message.node, type: type))
    }

    private func confirmHistory(_ message: InboundMessage) async {
        await self.reply(
            Node("receipt", ["id": .string(message.id), "to": .jid(message.from.account), "type": "hist_sync"]))
    }

    /// Asks for a message that could not be opened, and takes this copy off the queue.
    private func askAgain(
        for message: InboundMessage, _ ciphertext: InboundMessage.Ciphertext, after error: SignalError
    ) async throws(ClientError) {
        let count = self.retries.next(
            id: message.id, sender: message.sender, announced: ciphertext.count, now: self.uptime)
        self.logger.info(
            "a message could not be decrypted", metadata: ["error": "\(error)", "retry": "\(count ?? 0)"])
        if let count {
            let receipt = try await self.retryReceipt(
                for: message.node, count, withKeys: count > 1 || error.needsKeys(message))
            await self.reply(receipt.node)
        }
        await self.reply(.acknowledging(message.node))
    }

    private func retryReceipt(
        for message: Node, _ count: Int, withKeys: Bool
    ) async throws(ClientError) -> RetryReceipt {
        let generator = self.generator
        guard withKeys else {
            let identity = try await self.read { try $0.loadLocalIdentity() }
            return RetryReceipt(message: message, count: count, identity: identity, keys: nil)
        }
        return try await self.write { state in
            var generator = generator
            let device = try state.loadDevice()
            let preKey = try PreKey(id: try state.loadNextPreKeyID(), using: &generator)
            try state.savePreKeys([preKey], areUploaded: true, nextID: PreKey.id(after: preKey.id))
            let keys = RetryReceipt.Keys(
                preKey: preKey, signedPreKey: device.keys.signedPreKey,
                deviceIdentity: try device.account?.identity.serialized() ?? [])
            return RetryReceipt(message: message, count: count, identity: device.keys.identity, keys: keys)
        }
    }
}

/// A ciphertext that was opened.
private struct OpenedCiphertext {
    let plaintext: [UInt8]
    /// Whether its sender is another installation than before.
    let replacedIdentity: Bool
}

extension DeviceState {
    fileprivate mutating func open(
        _ ciphertext: InboundMessage.Ciphertext, of message: InboundMessage, _ cipher: SessionCipher,
        using generator: inout some RandomNumberGenerator
    ) throws -> OpenedCiphertext {
        let address = try self.signalAddress(of: message.sender)
        switch ciphertext.kind {
        case .message:
            let decryption = try cipher.decrypt(
                SignalMessage(serialized: ciphertext.bytes), from: address, in: &self, using: &generator)
            return OpenedCiphertext(decryption)
        case .sessionStart:
            let decryption = try cipher.decrypt(
                PreKeySignalMessage(serialized: ciphertext.bytes), from: address, in: &self, using: &generator)
            return OpenedCiphertext(decryption)
        case .senderKeyMessage:
            let name = SenderKeyName(groupID: message.from.withoutDevice.description, sender: address)
            let plaintext = try SenderKeyCipher().decrypt(
                SenderKeyMessage(serialized: ciphertext.bytes), from: name, in: &self)
            return OpenedCiphertext(plaintext: plaintext, replacedIdentity: false)
        }
    }

    /// Stores what follows from a decrypted message; `nil` when a message with its id has come before.
    fileprivate mutating func receive(
        _ opened: OpenedCiphertext, of message: InboundMessage, hash: [UInt8], isFromMe: Bool, now: Date
    ) throws -> InboundContent? {
        let names = try self.names(of: message.sender)
        let content = InboundContent(plaintext: opened.plaintext, isFromMe: isFromMe)
        let isKnown = try self.hasReceivedMessage(id: message.id, from: names[0])
        var outcome = ReceivedMessage.Outcome.handled
        switch content.kind {
        // What is said in groups is nobody's concern here.
        case .text where !isKnown && message.group == nil: outcome = .decrypted(SecretBytes(opened.plaintext))
        case .mappings(let mappings): for mapping in mappings { try self.learn(mapping) }
        case .text, .historySync, .other: break
        }
        try self.take(content.senderKey, of: message)
        try self.saveReceivedMessage(
            ReceivedMessage(id: message.id, sender: names[0], outcome: outcome, receivedAt: now), hash: hash)
        if opened.replacedIdentity {
            try self.deleteDeviceLists(of: names)
            for name in names { try self.saveTokenIssueDate(nil, for: name) }
        }
        return isKnown ? nil : content
    }

    /// Takes in a sender's key for the group that the message came to. One for another group, or none that is readable,
    /// is passed over.
    private mutating func take(_ senderKey: InboundContent.SenderKey?, of message: InboundMessage) throws {
        guard let senderKey, let group = message.group, senderKey.groupID == group.description,
            let distribution = try? SenderKeyDistributionMessage(serialized: senderKey.bytes)
        else { return }
        let name = SenderKeyName(groupID: senderKey.groupID, sender: try self.signalAddress(of: message.sender))
        try SenderKeyCipher().process(distribution, from: name, in: &self)
    }
}

extension OpenedCiphertext {
    fileprivate init(_ decryption: Decryption) {
        self.init(plaintext: decryption.plaintext, replacedIdentity: decryption.identityChange.isReplacement)
    }
}

extension IdentityChange {
    var isReplacement: Bool {
        if case .replaced = self { true } else { false }
    }
}

extension SignalError {
    /// Whether only a new session helps, so that asking without keys would be a round for nothing.
    fileprivate func needsKeys(_ message: InboundMessage) -> Bool {
        switch self {
        case .noSession, .invalidPreKeyID, .invalidSignedPreKeyID: true
        // The sender thinks that we have its key, so it may have no session with us.
        case .noSenderKey: !message.isPairwise
        case .duplicateMessage, .tooFarAhead, .untrustedIdentity, .badMAC, .badSignature, .unsupportedVersion,
            .malformedMessage, .invalidKey, .invalidCiphertext, .chainExhausted, .invalidRecord, .cryptoFailed:
            false
        }
    }
}
