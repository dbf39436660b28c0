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
        case .pairwise(let ciphertexts):
            for ciphertext in ciphertexts {
                guard try await self.handle(ciphertext, of: message) else { return }
            }
        }
    }

    /// False when the message has got its answer, and nothing more of it is to be looked at.
    private func handle(
        _ ciphertext: InboundMessage.Ciphertext, of message: InboundMessage
    ) async throws(ClientError) -> Bool {
        let hash = try Self.hash(ciphertext.bytes)
        switch try await self.open(ciphertext, hash, of: message) {
        case .opened(let content, let isFromMe, let replacedIdentity):
            if replacedIdentity { await self.onEvent(.identityChanged(of: message.from.account)) }
            if case .text(let text, let editedID) = content.kind {
                try await self.tell(text, editedID, content.destination, of: message, isFromMe: isFromMe)
                try await self.settle(hash, of: message)
            }
            await self.confirm(message, isFromMe: isFromMe)
            if content.kind == .historySync { await self.confirmHistory(message) }
            return true
        case .repeated(let isFromMe):
            await self.confirm(message, isFromMe: isFromMe)
            return true
        case .failed(let error):
            try await self.askAgain(for: message, ciphertext, after: error)
            return false
        }
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
            let isFromMe = try state.loadDevice().account?.isOwn(message.from) ?? false
            switch try state.loadReceivedMessage(hash: hash)?.outcome {
            case .handled: return .repeated(isFromMe: isFromMe)
            case .decrypted(let plaintext):
                let content = InboundContent(plaintext: plaintext.exposed, isFromMe: isFromMe)
                return .opened(content, isFromMe: isFromMe, replacedIdentity: false)
            case nil: break
            }
            let decryption: Decryption
            do {
                var generator = generator
                decryption = try cipher.decrypt(ciphertext, from: message.from, in: &state, using: &generator)
            } catch SignalError.duplicateMessage {
                return .repeated(isFromMe: isFromMe)
            } catch let error as SignalError {
                return .failed(error)
            }
            return try state.receive(decryption, of: message, hash: hash, isFromMe: isFromMe, now: now)
                .map { .opened($0, isFromMe: isFromMe, replacedIdentity: decryption.identityChange.isReplacement) }
                ?? .repeated(isFromMe: isFromMe)
        }
    }

    private func tell(
        _ text: String, _ editedID: String?, _ destination: JID?, of message: InboundMessage, isFromMe: Bool
    ) async throws(ClientError) {
        let chat = isFromMe ? destination ?? message.recipient ?? message.from : message.from
        guard chat.isPerson else { return }
        let (chatPerson, sender) = try await self.read { (try $0.person(chat), try $0.person(message.from)) }
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
            id: message.id, sender: message.from, announced: ciphertext.count, now: self.uptime)
        self.logger.info(
            "a message could not be decrypted", metadata: ["error": "\(error)", "retry": "\(count ?? 0)"])
        if let count {
            let receipt = try await self.retryReceipt(for: message.node, count, withKeys: count > 1 || error.needsKeys)
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

extension DeviceState {
    /// Stores what follows from a decrypted message; `nil` when a message with its id has come before.
    fileprivate mutating func receive(
        _ decryption: Decryption, of message: InboundMessage, hash: [UInt8], isFromMe: Bool, now: Date
    ) throws -> InboundContent? {
        let names = try self.names(of: message.from)
        let content = InboundContent(plaintext: decryption.plaintext, isFromMe: isFromMe)
        let isKnown = try self.hasReceivedMessage(id: message.id, from: names[0])
        var outcome = ReceivedMessage.Outcome.handled
        switch content.kind {
        case .text where !isKnown: outcome = .decrypted(SecretBytes(decryption.plaintext))
        case .mappings(let mappings): for mapping in mappings { try self.learn(mapping) }
        case .text, .historySync, .other: break
        }
        try self.saveReceivedMessage(
            ReceivedMessage(id: message.id, sender: names[0], outcome: outcome, receivedAt: now), hash: hash)
        if decryption.identityChange.isReplacement {
            try self.deleteDeviceLists(of: names)
            for name in names { try self.saveTokenIssueDate(nil, for: name) }
        }
        return isKnown ? nil : content
    }
}

extension SessionCipher {
    fileprivate func decrypt(
        _ ciphertext: InboundMessage.Ciphertext, from sender: JID, in state: inout any DeviceState,
        using generator: inout some RandomNumberGenerator
    ) throws -> Decryption {
        let address = try state.signalAddress(of: sender)
        if ciphertext.startsSession {
            let message = try PreKeySignalMessage(serialized: ciphertext.bytes)
            return try self.decrypt(message, from: address, in: &state, using: &generator)
        }
        let message = try SignalMessage(serialized: ciphertext.bytes)
        return try self.decrypt(message, from: address, in: &state, using: &generator)
    }
}

extension IdentityChange {
    var isReplacement: Bool {
        if case .replaced = self { true } else { false }
    }
}

extension SignalError {
    /// Whether only a new session helps, so that asking without keys would be a round for nothing.
    fileprivate var needsKeys: Bool {
        switch self {
        case .noSession, .invalidPreKeyID, .invalidSignedPreKeyID: true
        case .noSenderKey, .duplicateMessage, .tooFarAhead, .untrustedIdentity, .badMAC, .badSignature,
            .unsupportedVersion, .malformedMessage, .invalidKey, .invalidCiphertext, .chainExhausted, .invalidRecord,
            .cryptoFailed:
            false
        }
    }
}
