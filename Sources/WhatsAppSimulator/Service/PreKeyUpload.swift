import CryptoPrimitives
import Foundation
import SignalProtocol
import WhatsAppBinary

/// The keys of one device, as an upload or a retry receipt brings them.
struct PreKeyUpload: Sendable {
    let registrationID: UInt32
    let identityKey: PublicKey
    let signedPreKey: PreKeyBundle.SignedKey
    let keys: [PreKeyBundle.OneTimeKey]

    /// Reads an upload and checks all of it.
    init(_ iq: Node) throws(StanzaRefusal) {
        guard iq.children.map(\.tag) == ["registration", "type", "identity", "list", "skey"] else {
            throw StanzaRefusal(400, "an upload has registration, type, identity, list and skey, in this order")
        }
        self.registrationID = UInt32(bigEndian: try Self.bytes("registration", of: iq, count: 4))
        guard try Self.bytes("type", of: iq, count: 1) == [PublicKey.typeByte] else {
            throw StanzaRefusal(400, "the type of keys is 5")
        }
        self.identityKey = try Self.key("identity", of: iq)
        guard let skey = iq.child("skey"), let list = iq.child("list") else {
            throw StanzaRefusal(400, "an upload without signed pre-key")
        }
        self.signedPreKey = try Self.signedKey(skey, of: self.identityKey)
        self.keys = try Self.oneTimeKeys(list)
    }

    static func signedKey(_ node: Node, of identityKey: PublicKey) throws(StanzaRefusal) -> PreKeyBundle.SignedKey {
        let key = try Self.key("value", of: node)
        let signature = try Self.bytes("signature", of: node, count: XEdDSA.signatureSize)
        guard (try? XEdDSA.isValid(signature, of: key.serialized, by: identityKey)) == true else {
            throw StanzaRefusal(400, "the signed pre-key is not signed by the identity key")
        }
        return PreKeyBundle.SignedKey(id: try Self.id(of: node), publicKey: key, signature: signature)
    }

    private static func oneTimeKeys(_ list: Node) throws(StanzaRefusal) -> [PreKeyBundle.OneTimeKey] {
        var keys: [PreKeyBundle.OneTimeKey] = []
        var ids: Set<UInt32> = []
        for node in list.children {
            guard node.tag == "key" else { throw StanzaRefusal(400, "a list of keys holds something else") }
            let key = try Self.oneTimeKey(node)
            guard ids.insert(key.id).inserted else { throw StanzaRefusal(400, "pre-key \(key.id) comes twice") }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw StanzaRefusal(400, "an upload of no keys") }
        return keys
    }

    static func oneTimeKey(_ node: Node) throws(StanzaRefusal) -> PreKeyBundle.OneTimeKey {
        PreKeyBundle.OneTimeKey(id: try self.id(of: node), publicKey: try self.key("value", of: node))
    }

    private static func id(of node: Node) throws(StanzaRefusal) -> UInt32 {
        let id = UInt32(bigEndian: try self.bytes("id", of: node, count: 3))
        guard PreKey.ids.contains(id) else { throw StanzaRefusal(400, "the pre-key id 0 is none") }
        return id
    }

    static func key(_ tag: String, of node: Node) throws(StanzaRefusal) -> PublicKey {
        let bytes = try self.bytes(tag, of: node, count: 32)
        guard let key = try? PublicKey(bytes) else { throw StanzaRefusal(400, "\(tag) is no key") }
        return key
    }

    /// The content of a child, which must have come as bytes.
    static func bytes(_ tag: String, of node: Node, count: Int) throws(StanzaRefusal) -> [UInt8] {
        guard let child = node.child(tag), case .bytes(let bytes) = child.content else {
            throw StanzaRefusal(400, "\(tag) is missing or no bytes")
        }
        guard bytes.count == count else {
            throw StanzaRefusal(400, "\(tag) has \(bytes.count) bytes where \(count) were expected")
        }
        return bytes
    }
}
