import CryptoPrimitives
import Foundation
import SignalProtocol
import SpoolTestSupport
import SwiftProtobuf
import WhatsAppBinary
import WhatsAppCrypto
import WhatsAppProto

/// A linked device as a test plays it: its keys, its sessions, and the stanzas it sends.
struct TestDevice {
    static let version: [UInt32] = [2, 3000, 1_045_649_367]

    let noise: KeyPair
    let identity: LocalIdentity
    let signedPreKey: SignedPreKey
    let advSecret: SecretBytes
    var store: InMemorySignalStore
    var proof: DeviceIdentity?
    /// Its address by number, once it is linked.
    var pn: JID?
    var lid: JID?
    var generator: SeededGenerator
    private var lastIQ = 0

    init(seed: UInt64) throws {
        self.generator = SeededGenerator(seed: seed)
        self.noise = try KeyPair(using: &self.generator)
        self.identity = try LocalIdentity(using: &self.generator)
        self.signedPreKey = try SignedPreKey(
            id: 1, signedBy: self.identity.identityKeyPair, using: &self.generator)
        self.advSecret = SecretBytes.random(count: 32, using: &self.generator)
        self.store = InMemorySignalStore(localIdentity: self.identity)
        self.store.signedPreKeys[1] = self.signedPreKey
    }

    var identityPair: KeyPair { self.identity.identityKeyPair.keyPair }

    mutating func nextID() -> String {
        self.lastIQ += 1
        return "1.2-\(self.lastIQ)"
    }

    // MARK: Payloads

    private func payload() -> WAClientPayload {
        var payload = WAClientPayload()
        payload.userAgent.platform = .web
        payload.userAgent.appVersion.primary = Self.version[0]
        payload.userAgent.appVersion.secondary = Self.version[1]
        payload.userAgent.appVersion.tertiary = Self.version[2]
        payload.webInfo.webSubPlatform = .webBrowser
        return payload
    }

    func registration(_ change: (inout WAClientPayload) throws -> Void = { _ in }) throws -> [UInt8] {
        var payload = self.payload()
        payload.passive = false
        payload.pull = false
        payload.devicePairingData.eRegid = Data(Self.bytes(self.identity.registrationID, 4))
        payload.devicePairingData.eKeytype = Data([5])
        payload.devicePairingData.eIdent = Data(self.identityPair.publicKey.bytes)
        payload.devicePairingData.eSkeyID = Data(Self.bytes(1, 3))
        payload.devicePairingData.eSkeyVal = Data(self.signedPreKey.keyPair.publicKey.bytes)
        payload.devicePairingData.eSkeySig = Data(self.signedPreKey.signature)
        let version = Self.version.map { String($0) }.joined(separator: ".")
        payload.devicePairingData.buildHash = Data(try Digest.md5.hash(Array(version.utf8)))
        var props = WADeviceProps()
        props.os = "Test"
        payload.devicePairingData.deviceProps = try props.serializedData()
        try change(&payload)
        return try payload.serializedBytes()
    }

    func login(_ change: (inout WAClientPayload) throws -> Void = { _ in }) throws -> [UInt8] {
        var payload = self.payload()
        payload.username = UInt64(self.pn?.user ?? "") ?? 0
        payload.device = UInt32(self.pn?.device ?? 0)
        payload.passive = true
        payload.pull = true
        try change(&payload)
        return try payload.serializedBytes()
    }

    static func bytes(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }

    // MARK: Pairing

    func qr(_ reference: String) -> String {
        PairingQRCode(
            reference: reference, noiseKey: self.noise.publicKey, identityKey: self.identityPair.publicKey,
            advSecret: self.advSecret, clientType: .chrome
        ).text
    }

    /// Checks a pair-success and gives the reply; from then on the device is linked.
    mutating func answer(pairSuccess iq: Node, secret: SecretBytes? = nil) throws -> Node {
        let success = try require(iq.child("pair-success"))
        let container = try require(success.child("device-identity")?.bytes)
        let proof = try DeviceIdentity(
            pairSuccess: container, advSecret: secret ?? self.advSecret, identity: self.identityPair,
            using: &self.generator)
        self.proof = proof
        self.pn = success.child("device")?.jid("jid")
        self.lid = success.child("device")?.jid("lid")
        return try proof.reply(to: iq.string("id") ?? "")
    }

    // MARK: Queries

    mutating func iq(_ namespace: String, _ type: String, _ children: [Node] = []) -> Node {
        Node(
            "iq",
            [
                "id": .string(self.nextID()), "xmlns": .string(namespace), "type": .string(type),
                "to": .jid(.service),
            ], content: children.isEmpty ? .empty : .nodes(children))
    }

    mutating func activation() -> Node { self.iq("passive", "set", [Node("active")]) }

    mutating func upload(ids: ClosedRange<UInt32>) throws -> Node {
        var keys: [Node] = []
        for id in ids {
            let key = try PreKey(id: id, using: &self.generator)
            self.store.preKeys[id] = key
            keys.append(
                Node(
                    "key",
                    children: [
                        Node("id", bytes: Self.bytes(id, 3)), Node("value", bytes: key.keyPair.publicKey.bytes),
                    ]))
        }
        let skey = Node(
            "skey",
            children: [
                Node("id", bytes: Self.bytes(1, 3)), Node("value", bytes: self.signedPreKey.keyPair.publicKey.bytes),
                Node("signature", bytes: self.signedPreKey.signature),
            ])
        return self.iq(
            "encrypt", "set",
            [
                Node("registration", bytes: Self.bytes(self.identity.registrationID, 4)), Node("type", bytes: [5]),
                Node("identity", bytes: self.identityPair.publicKey.bytes), Node("list", children: keys), skey,
            ])
    }

    mutating func contactQuery(_ numbers: [String]) -> Node {
        self.usync(
            [Node("contact")],
            numbers.map { number in
                Node("user", children: [Node("contact", content: .text("+\(number)"))])
            }, context: "interactive")
    }

    mutating func deviceQuery(_ users: [JID]) -> Node {
        self.usync(
            [Node("devices", ["version": "2"])], users.map { Node("user", ["jid": .jid($0)]) }, context: "message")
    }

    mutating func usync(_ query: [Node], _ users: [Node], context: String) -> Node {
        self.iq(
            "usync", "get",
            [
                Node(
                    "usync",
                    [
                        "sid": "1", "mode": "query", "last": "true", "index": "0", "context": .string(context),
                    ], children: [Node("query", children: query), Node("list", children: users)])
            ])
    }

    mutating func bundleQuery(_ devices: [JID]) -> Node {
        self.iq(
            "encrypt", "get",
            [Node("key", children: devices.map { Node("user", ["jid": .jid($0), "reason": "identity"]) })])
    }

    // MARK: Messages

    static func address(_ jid: JID) -> ProtocolAddress {
        ProtocolAddress(name: jid.signalName, deviceID: UInt32(jid.device))
    }

    /// Starts sessions with the devices in a bundle answer.
    mutating func startSessions(_ answer: Node) throws {
        for user in answer.child("list")?.children ?? [] {
            guard let jid = user.jid("jid"), user.child("error") == nil else { continue }
            try SessionCipher().startSession(
                with: try Self.bundle(user), for: Self.address(jid), in: &self.store, using: &self.generator)
        }
    }

    /// Starts a session with the keys of a retry receipt.
    mutating func startSession(with jid: JID, _ keys: Node, _ registration: Node?) throws {
        let user = Node("user", children: keys.children + (registration.map { [$0] } ?? []))
        try SessionCipher().startSession(
            with: try Self.bundle(user), for: Self.address(jid), in: &self.store, using: &self.generator)
    }

    static func bundle(_ user: Node) throws -> PreKeyBundle {
        func number(_ node: Node?) -> UInt32 { (node?.bytes ?? []).reduce(0) { $0 << 8 | UInt32($1) } }
        let skey = try require(user.child("skey"))
        let preKey = try user.child("key").map { key in
            PreKeyBundle.OneTimeKey(
                id: number(key.child("id")), publicKey: try PublicKey(key.child("value")?.bytes ?? []))
        }
        return PreKeyBundle(
            registrationID: number(user.child("registration")),
            identityKey: IdentityKey(try PublicKey(user.child("identity")?.bytes ?? [])),
            signedPreKey: PreKeyBundle.SignedKey(
                id: number(skey.child("id")), publicKey: try PublicKey(skey.child("value")?.bytes ?? []),
                signature: skey.child("signature")?.bytes ?? []),
            preKey: preKey)
    }

    // MARK: Media

    mutating func mediaQuery() -> Node { self.iq("w:m", "set", [Node("media_conn")]) }

    func hasSession(with jid: JID) -> Bool { self.store.sessions[Self.address(jid)] != nil }

    /// The ciphertext of a message for one device; wrapped for an own device.
    mutating func enc(_ content: TestContent, for jid: JID, chat: JID) throws -> Node {
        var message = content.message
        if jid.user == self.lid?.user || jid.user == self.pn?.user {
            var wrapper = WAMessage()
            wrapper.deviceSentMessage.destinationJid = chat.description
            wrapper.deviceSentMessage.message = message
            message = wrapper
        }
        var enc = try self.enc(message, for: jid)
        enc.attributes["mediatype"] = content.mediaType.map { .string($0) }
        return enc
    }

    mutating func enc(_ message: WAMessage, for jid: JID) throws -> Node {
        let padded = MessagePadding.pad(try message.serializedBytes(), using: &self.generator)
        let ciphertext = try SessionCipher().encrypt(padded, for: Self.address(jid), in: &self.store)
        let isStart = ciphertext.kind == .preKeySignalMessage
        return Node("enc", ["v": "2", "type": isStart ? "pkmsg" : "msg"], bytes: ciphertext.serialized)
    }

    mutating func message(_ text: String, id: String, to chat: JID, devices: [JID]) throws -> Node {
        try self.message(.text(text), id: id, to: chat, devices: devices)
    }

    mutating func message(_ content: TestContent, id: String, to chat: JID, devices: [JID]) throws -> Node {
        var participants: [Node] = []
        for jid in devices {
            participants.append(
                Node("to", ["jid": .jid(jid)], children: [try self.enc(content, for: jid, chat: chat)]))
        }
        var children = [Node("participants", children: participants)]
        if participants.contains(where: { $0.child("enc")?.string("type") == "pkmsg" }) {
            children.append(Node("device-identity", bytes: try require(self.proof).serialized()))
        }
        return Node(
            "message", ["id": .string(id), "to": .jid(chat), "type": .string(content.type)], children: children)
    }

    /// The text of a message that came.
    mutating func decrypt(_ stanza: Node) throws -> String { try self.decryptMessage(stanza).conversation }

    mutating func decryptMessage(_ stanza: Node) throws -> WAMessage {
        let enc = try require(stanza.child("enc"))
        let bytes = try require(enc.bytes)
        let address = Self.address(try require(stanza.jid("from")))
        let plaintext: [UInt8]
        if enc.string("type") == "pkmsg" {
            plaintext = try SessionCipher().decrypt(
                PreKeySignalMessage(serialized: bytes), from: address, in: &self.store, using: &self.generator
            ).plaintext
        } else {
            plaintext = try SessionCipher().decrypt(
                SignalMessage(serialized: bytes), from: address, in: &self.store, using: &self.generator
            ).plaintext
        }
        return try WAMessage(serializedBytes: MessagePadding.unpad(plaintext))
    }

    /// What acknowledges a stanza.
    static func ack(_ stanza: Node) -> Node {
        var node = Node("ack", ["class": .string(stanza.tag), "id": .string(stanza.string("id") ?? "")])
        node.attributes["to"] = stanza.attributes["from"]
        if stanza.tag != "message" { node.attributes["type"] = stanza.attributes["type"] }
        return node
    }
}

/// Something a test counts on is not there.
struct Missing: Error, CustomStringConvertible {
    let line: UInt
    var description: String { "missing at line \(self.line)" }
}

func require<Value>(_ value: Value?, line: UInt = #line) throws(Missing) -> Value {
    guard let value else { throw Missing(line: line) }
    return value
}
