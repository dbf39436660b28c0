import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary

/// The parts of `pairing.json`.
struct PairingVectors: Decodable {
    struct Keys: Decodable {
        let `private`, `public`: HexBytes

        func pair() throws -> KeyPair {
            let pair = try KeyPair(PrivateKey(self.private.bytes))
            try #require(pair.publicKey.bytes == self.public.bytes)
            return pair
        }
    }

    struct QRCode: Decodable {
        let adv_secret, identity_public, noise_public: HexBytes
        let client_type, qr, ref: String
    }

    struct CodeEncoding: Decodable {
        let bytes: HexBytes
        let code: String
    }

    struct PairSuccess: Decodable {
        let name, request_id: String
        let valid, hosted: Bool
        let account_key, companion_identity: Keys
        let adv_secret, device_identity_hmac, reply_encoded: HexBytes
        let reply: VectorNode
        let error_code, error_text: String?
        let account_signature, account_signed_message, device_identity_details: HexBytes?
        let device_signature, device_signature_random, device_signed_message: HexBytes?
        let reply_device_identity, signed_device_identity, stored_account: HexBytes?
        let raw_id, key_index: UInt32?
        let timestamp: UInt64?
        let reply_key_index: String?
    }

    struct InfoQuery: Decodable {
        let content: VectorNode
    }

    struct PairingCode: Decodable {
        let code, display_code, pairing_ref, phone, normalized_jid: String
        let code_bytes, adv_random, adv_secret: HexBytes
        let companion_ephemeral, identity, noise, primary_ephemeral, primary_identity: Keys
        let companion_iv, companion_salt, companion_pbkdf2_key: HexBytes
        let primary_iv, primary_salt, primary_pbkdf2_key: HexBytes
        let ephemeral_shared_secret, identity_shared_secret: HexBytes
        let key_bundle_key, key_bundle_nonce, key_bundle_plaintext, key_bundle_salt: HexBytes
        let wrapped_companion_ephemeral, wrapped_primary_ephemeral, wrapped_key_bundle: HexBytes
        let companion_hello, companion_finish: InfoQuery
        let primary_hello_notification, wrong_ref_notification: VectorNode
    }

    let qr: [QRCode]
    let code_encoding: [CodeEncoding]
    let pair_success: [PairSuccess]
    let pairing_code: [PairingCode]

    static let file = Result { try Vectors.load("pairing", as: PairingVectors.self) }
}

/// A node as a vector spells it.
struct VectorNode: Decodable {
    struct Attribute: Decodable {
        let key, type, value: String
    }

    struct Content: Decodable {
        let bytes: HexBytes?
        let text: String?
        let children: [VectorNode]?
    }

    let tag: String
    let attrs: [Attribute]
    let content: Content?

    func node() throws -> Node {
        let attributes = try self.attrs.map { attribute in
            Attributes.Element(
                key: attribute.key,
                value: attribute.type == "jid" ? .jid(try JID(attribute.value)) : .string(attribute.value))
        }
        var node = Node(self.tag, Attributes(attributes))
        if let bytes = self.content?.bytes { node.content = .bytes(bytes.bytes) }
        if let text = self.content?.text { node.content = .text(text) }
        if let children = self.content?.children { node.content = .nodes(try children.map { try $0.node() }) }
        return node
    }
}

extension Node {
    /// The same with attributes and children in the order of their names, which the protocol does not prescribe.
    var sorted: Node {
        var node = self
        node.attributes = Attributes(self.attributes.sorted { $0.key < $1.key })
        if case .nodes(let children) = self.content {
            node.content = .nodes(children.map(\.sorted).sorted { $0.tag < $1.tag })
        }
        return node
    }
}
