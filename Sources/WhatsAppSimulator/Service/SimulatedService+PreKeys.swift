import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary
import WhatsAppCrypto

// A device uploads its keys; others fetch bundles of them to start sessions. A one-time key is handed out once.
extension SimulatedService {
    /// Below so many one-time keys their owner is told.
    static let lowPreKeyCount = 5

    mutating func queryPreKeys(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        guard let child = iq.children.first, iq.children.count == 1 else {
            throw StanzaRefusal(400, "a query about pre-keys has one child")
        }
        switch child.tag {
        case "count":
            let count = self.companions[device]?.preKeys.count ?? 0
            self.answer(iq, on: id, [Node("count", ["value": .integer(count)])])
        case "digest": try self.answerDigest(iq, on: id, device)
        case "key": try self.answerBundles(child, iq, on: id, device)
        default: throw StanzaRefusal(400, "a query about pre-keys with the unknown child \(child.tag)")
        }
    }

    private mutating func answerDigest(
        _ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) {
        guard let pool = self.companions[device]?.preKeys, pool.count > 0, let hash = try? pool.digest() else {
            throw StanzaRefusal(.error(404), "no keys were uploaded", isComplaint: false)
        }
        let list = pool.unissued.map { Node("id", bytes: $0.id.bytes(3)) }
        let children =
            Self.head(of: pool.registrationID, pool.identityKey)
            + [Self.node(of: pool.signedPreKey), Node("list", children: list), Node("hash", bytes: hash)]
        self.answer(iq, on: id, [Node("digest", children: children)])
    }

    mutating func uploadPreKeys(_ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID) throws(StanzaRefusal) {
        try self.applyQueryFaults(on: .upload, device)
        let upload = try PreKeyUpload(iq)
        guard upload.identityKey == self.companions[device]?.identityKey else {
            throw StanzaRefusal(406, "the identity key is not the one the device was linked with")
        }
        self.companions[device]?.preKeys.registrationID = upload.registrationID
        self.companions[device]?.preKeys.signedPreKey = upload.signedPreKey
        self.companions[device]?.preKeys.add(upload.keys)
        self.answer(iq, on: id)
    }

    private mutating func answerBundles(
        _ key: Node, _ iq: Node, on id: ConnectionID, _ device: SimulatedDeviceID
    ) throws(StanzaRefusal) {
        let users = key.children("user")
        guard !users.isEmpty, users.count == key.children.count else {
            throw StanzaRefusal(400, "a bundle query lists users and nothing else")
        }
        var withoutOneTimeKey = false
        var wrongSignature = false
        for action in try self.applyQueryFaults(on: .preKeys, device) {
            if action == .withoutOneTimeKey { withoutOneTimeKey = true }
            if action == .wrongSignature { wrongSignature = true }
        }
        var answers: [Node] = []
        var asked: Set<JID> = []
        for user in users {
            guard let jid = user.jid("jid"), asked.insert(jid).inserted else {
                throw StanzaRefusal(400, "a bundle query with a user without address, or one twice")
            }
            answers.append(self.bundleNode(for: jid, withoutOneTimeKey, wrongSignature))
        }
        self.answer(iq, on: id, [Node("list", children: answers)])
    }

    private mutating func bundleNode(for jid: JID, _ withoutOneTimeKey: Bool, _ wrongSignature: Bool) -> Node {
        guard let device = self.resolve(jid), let bundle = self.takeBundle(of: device, !withoutOneTimeKey) else {
            let error = Node("error", ["code": "404", "text": "item-not-found"])
            return Node("user", ["jid": .jid(jid)], children: [error])
        }
        var signed = bundle.signedPreKey
        if wrongSignature {
            var signature = signed.signature
            signature[10] ^= 1
            signed = PreKeyBundle.SignedKey(id: signed.id, publicKey: signed.publicKey, signature: signature)
        }
        var children = Self.head(of: bundle.registrationID, bundle.identityKey.publicKey) + [Self.node(of: signed)]
        if let preKey = bundle.preKey { children.append(Self.node(of: preKey)) }
        if let identity = try? self.companions[device]?.identity.serialized() {
            children.append(Node("device-identity", bytes: identity))
        }
        return Node("user", ["jid": .jid(jid), "t": .string(self.unixTime)], children: children)
    }

    /// What a session with a device is started with; `nil` when there is no such device.
    mutating func takeBundle(of device: SimulatedDeviceID, _ withOneTimeKey: Bool = true) -> PreKeyBundle? {
        if let companion = self.companions[device] {
            let preKey = withOneTimeKey ? self.companions[device]?.preKeys.take() : nil
            if preKey != nil { self.warnOfFewPreKeys(device) }
            return PreKeyBundle(
                registrationID: companion.preKeys.registrationID,
                identityKey: IdentityKey(companion.preKeys.identityKey), signedPreKey: companion.preKeys.signedPreKey,
                preKey: preKey)
        }
        self.usePhone(device)
        return try? self.phones[device]?.bundle(withOneTimeKey: withOneTimeKey, using: &self.random)
    }

    mutating func warnOfFewPreKeys(_ device: SimulatedDeviceID) {
        guard let count = self.companions[device]?.preKeys.count, count < Self.lowPreKeyCount else { return }
        self.notify(device, "encrypt", from: .service, [Node("count", ["value": .integer(count)])])
    }

    static func head(of registrationID: UInt32, _ identityKey: PublicKey) -> [Node] {
        [
            Node("registration", bytes: registrationID.bytes(4)), Node("type", bytes: [PublicKey.typeByte]),
            Node("identity", bytes: identityKey.bytes),
        ]
    }

    static func node(of key: PreKeyBundle.SignedKey) -> Node {
        Node(
            "skey",
            children: [
                Node("id", bytes: key.id.bytes(3)), Node("value", bytes: key.publicKey.bytes),
                Node("signature", bytes: key.signature),
            ])
    }

    static func node(of key: PreKeyBundle.OneTimeKey) -> Node {
        Node("key", children: [Node("id", bytes: key.id.bytes(3)), Node("value", bytes: key.publicKey.bytes)])
    }
}
