import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

@testable import WhatsAppClient

/// Another device: it has keys of its own, decrypts what it gets and encrypts what it says.
struct TestPeer {
    let jid: JID
    var store: InMemorySignalStore
    var signedPreKey: SignedPreKey
    var nextPreKeyID: UInt32 = 1
    /// When the server has none left, bundles come without.
    var hasOneTimeKeys = true
    var generator: SeededGenerator

    init(_ jid: JID, seed: UInt64) throws {
        self.jid = jid
        self.generator = SeededGenerator(seed: seed)
        let identity = try LocalIdentity(using: &self.generator)
        self.store = InMemorySignalStore(localIdentity: identity)
        self.signedPreKey = try SignedPreKey(id: 1, signedBy: identity.identityKeyPair, using: &self.generator)
        self.store.signedPreKeys[1] = self.signedPreKey
    }

    var identity: LocalIdentity { self.store.localIdentity }

    /// A new installation: nothing of the old one is left.
    mutating func reinstall() throws {
        let generator = self.generator.next()
        self = try TestPeer(self.jid, seed: generator)
    }

    mutating func loseSessions() { self.store.sessions = [:] }

    mutating func takePreKey() throws -> PreKey? {
        guard self.hasOneTimeKeys else { return nil }
        let key = try PreKey(id: self.nextPreKeyID, using: &self.generator)
        self.nextPreKeyID += 1
        self.store.preKeys[key.id] = key
        return key
    }

    /// The user node of an answer to a bundle query.
    mutating func bundleNode(as jid: JID) throws -> Node {
        var children = PreKeyStanzas.head(of: self.identity) + [PreKeyStanzas.node(of: self.signedPreKey)]
        if let key = try self.takePreKey() { children.append(PreKeyStanzas.node(of: key)) }
        return Node("user", ["jid": .jid(jid), "t": "1700000000"], children: children)
    }

    /// The message inside one `<enc>`.
    mutating func open(_ enc: Node, from sender: ProtocolAddress) throws -> WAMessage {
        let bytes = enc.bytes ?? []
        let cipher = SessionCipher()
        let plaintext =
            if enc.string("type") == "pkmsg" {
                try cipher.decrypt(
                    try PreKeySignalMessage(serialized: bytes), from: sender, in: &self.store, using: &self.generator
                ).plaintext
            } else {
                try cipher.decrypt(
                    try SignalMessage(serialized: bytes), from: sender, in: &self.store, using: &self.generator
                ).plaintext
            }
        return try WAMessage(serializedBytes: try MessagePadding.unpad(plaintext))
    }

    mutating func enc(_ message: WAMessage, to receiver: ProtocolAddress) throws -> Node {
        let padded = MessagePadding.pad(try message.serializedBytes(), using: &self.generator)
        let ciphertext = try SessionCipher().encrypt(padded, for: receiver, in: &self.store)
        return Node(
            "enc", ["v": "2", "type": ciphertext.startsSession ? "pkmsg" : "msg"], bytes: ciphertext.serialized)
    }

    // MARK: Groups

    /// The message to a group, with the key that came beside it if one did.
    mutating func openGroup(_ stanza: Node, from sender: ProtocolAddress, as name: JID? = nil) throws -> WAMessage {
        let group = stanza.jid("to")?.description ?? ""
        let key = SenderKeyName(groupID: group, sender: sender)
        let participants = stanza.child("participants")?.children("to") ?? []
        if let enc = participants.first(where: { $0.jid("jid") == name ?? self.jid })?.child("enc") {
            let message = try self.open(enc, from: sender)
            guard message.senderKeyDistributionMessage.groupID == group else { throw Unexpected("another group's key") }
            try self.take(message, key)
        }
        guard let bytes = stanza.child("enc")?.bytes else { throw Unexpected("no skmsg") }
        let plaintext = try SenderKeyCipher().decrypt(
            try SenderKeyMessage(serialized: bytes), from: key, in: &self.store)
        return try WAMessage(serializedBytes: try MessagePadding.unpad(plaintext))
    }

    /// Takes in the sender key that a message brings.
    mutating func take(_ message: WAMessage, _ name: SenderKeyName) throws {
        let bytes = Array(message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage)
        try SenderKeyCipher().process(
            SenderKeyDistributionMessage(serialized: bytes), from: name, in: &self.store)
    }

    /// Our own key of a group, as a message.
    mutating func senderKey(of group: JID) throws -> WAMessage {
        var message = WAMessage()
        let distribution = try SenderKeyCipher().distributionMessage(
            for: self.ownName(group), in: &self.store, using: &self.generator)
        message.senderKeyDistributionMessage.groupID = group.description
        message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage = Data(try distribution.serialized())
        return message
    }

    /// A message to a group, for all who have our key.
    mutating func groupEnc(_ message: WAMessage, to group: JID) throws -> Node {
        let padded = MessagePadding.pad(try message.serializedBytes(), using: &self.generator)
        let bytes = try SenderKeyCipher().encrypt(
            padded, as: self.ownName(group), in: &self.store, using: &self.generator)
        return Node("enc", ["v": "2", "type": "skmsg"], bytes: bytes)
    }

    private func ownName(_ group: JID) -> SenderKeyName {
        SenderKeyName(groupID: group.description, sender: ProtocolAddress(self.jid))
    }

    mutating func startSession(with bundle: PreKeyBundle, for receiver: ProtocolAddress) throws {
        try SessionCipher().startSession(with: bundle, for: receiver, in: &self.store, using: &self.generator)
    }
}

extension WAMessage {
    init(text: String) {
        self.init()
        self.conversation = text
    }
}
