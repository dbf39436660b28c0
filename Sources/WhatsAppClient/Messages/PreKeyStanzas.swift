import CryptoPrimitives
import SignalProtocol
import WhatsAppBinary

/// Requests about our own pre-keys at the server.
enum PreKeyStanzas {
    static let countQuery = Node.iq("get", xmlns: "encrypt", children: [Node("count")])
    static let digestQuery = Node.iq("get", xmlns: "encrypt", children: [Node("digest")])

    /// How many of our one-time keys are left; a server that says nothing has none.
    static func count(in answer: Node) -> Int { answer.child("count")?.integer("value") ?? 0 }

    static func upload(_ preKeys: [PreKey], of identity: LocalIdentity, _ signedPreKey: SignedPreKey) -> Node {
        .iq(
            "set", xmlns: "encrypt",
            children: self.head(of: identity) + [
                Node("list", children: preKeys.map(self.node(of:))), self.node(of: signedPreKey),
            ])
    }

    /// Who the keys belong to.
    static func head(of identity: LocalIdentity) -> [Node] {
        [self.registration(of: identity)] + self.identity(of: identity)
    }

    static func registration(of identity: LocalIdentity) -> Node {
        Node("registration", bytes: identity.registrationID.bigEndianBytes)
    }

    static func identity(of identity: LocalIdentity) -> [Node] {
        [Node("type", bytes: [PublicKey.typeByte]), Node("identity", bytes: identity.identityKey.publicKey.bytes)]
    }

    static func node(of key: PreKey) -> Node {
        Node("key", children: self.idAndValue(key.id, key.keyPair.publicKey))
    }

    static func node(of key: SignedPreKey) -> Node {
        Node(
            "skey",
            children: self.idAndValue(key.id, key.keyPair.publicKey) + [Node("signature", bytes: key.signature)])
    }

    private static func idAndValue(_ id: UInt32, _ key: PublicKey) -> [Node] {
        [Node("id", bytes: Array(id.bigEndianBytes[1...])), Node("value", bytes: key.bytes)]
    }

    /// Whether the server has the keys we have, by its hash over all of them.
    ///
    /// - Parameter preKey: our one-time key with an id.
    static func isUpToDate(
        _ answer: Node, identity: LocalIdentity, signedPreKey: SignedPreKey, preKey: (UInt32) throws -> PreKey?
    ) throws -> Bool {
        guard let digest = answer.child("digest"), let hash = digest.child("hash")?.bytes else { return false }
        var input = identity.identityKey.publicKey.bytes + signedPreKey.keyPair.publicKey.bytes
        input += signedPreKey.signature
        for node in digest.child("list")?.children("id") ?? [] {
            guard let id = node.bytes.flatMap(UInt32.init(keyID:)), let key = try preKey(id) else { return false }
            input += key.keyPair.publicKey.bytes
        }
        return try Digest.sha1.hash(input) == hash
    }
}

/// Requests for the pre-key bundles of others.
enum BundleStanzas {
    static func query(for devices: [JID]) -> Node {
        let users = devices.map { Node("user", ["jid": .jid($0), "reason": "identity"]) }
        return .iq("get", xmlns: "encrypt", children: [Node("key", children: users)])
    }

    /// The bundles that came; devices without one, or with one that is not readable, are missing. No signature is
    /// checked.
    static func bundles(in answer: Node) throws(ClientError) -> [JID: PreKeyBundle] {
        guard let list = answer.child("list") else { throw .malformedAnswer("list") }
        var bundles: [JID: PreKeyBundle] = [:]
        for user in list.children("user") {
            guard let jid = user.jid("jid")?.normalized, user.child("error") == nil else { continue }
            bundles[jid] = PreKeyBundle(keys: user, registration: user.child("registration"))
        }
        return bundles
    }
}

extension PreKeyBundle {
    /// From the children `type`, `identity`, `skey` and, perhaps, `key` of a node.
    init?(keys: Node, registration: Node?) {
        guard keys.child("type")?.bytes ?? [PublicKey.typeByte] == [PublicKey.typeByte],
            let identity = keys.child("identity")?.publicKey, let skey = keys.child("skey"),
            let signedID = skey.child("id")?.bytes.flatMap(UInt32.init(keyID:)),
            let signedKey = skey.child("value")?.publicKey, let signature = skey.child("signature")?.bytes,
            let registrationID = UInt32(registration: registration)
        else { return nil }
        var preKey: OneTimeKey?
        if let key = keys.child("key") {
            guard let id = key.child("id")?.bytes.flatMap(UInt32.init(keyID:)),
                let value = key.child("value")?.publicKey
            else { return nil }
            preKey = OneTimeKey(id: id, publicKey: value)
        }
        self.init(
            registrationID: registrationID, identityKey: IdentityKey(identity),
            signedPreKey: SignedKey(id: signedID, publicKey: signedKey, signature: signature), preKey: preKey)
    }
}

extension Node {
    /// The public key that is the content; some clients write the type byte in front.
    fileprivate var publicKey: PublicKey? { self.bytes.flatMap { try? PublicKey(withOrWithoutType: $0) } }
}

extension UInt32 {
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: self.bigEndian) { Array($0) } }

    /// Three bytes, big endian.
    init?(keyID bytes: [UInt8]) {
        guard bytes.count == 3 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Four bytes, big endian; 0 when there is no node.
    init?(registration node: Node?) {
        guard let node else {
            self = 0
            return
        }
        guard let bytes = node.bytes, bytes.count == 4 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
