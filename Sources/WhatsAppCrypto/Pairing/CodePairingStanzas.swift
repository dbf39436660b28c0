public import CryptoPrimitives
public import WhatsAppBinary

// The three stanzas of linking by code, as the one child of an iq or a notification.

/// Tells the server which phone to ask.
public struct CompanionHello: Hashable, Sendable {
    /// The phone's JID.
    public let phone: JID
    public let wrappedEphemeral: [UInt8]
    public let noiseKey: PublicKey
    /// `unknown` is refused by the server.
    public let clientType: CompanionClientType
    /// What the phone shows, such as `Chrome (Linux)`; browser and system have to be real ones.
    public let displayName: String

    public init(
        phone: JID, wrappedEphemeral: [UInt8], noiseKey: PublicKey, clientType: CompanionClientType,
        displayName: String
    ) {
        self.phone = phone
        self.wrappedEphemeral = wrappedEphemeral
        self.noiseKey = noiseKey
        self.clientType = clientType
        self.displayName = displayName
    }

    public var node: Node {
        Node(
            LinkCode.tag,
            ["jid": .jid(self.phone), "stage": "companion_hello", "should_show_push_notification": "true"],
            children: [
                Node("link_code_pairing_wrapped_companion_ephemeral_pub", bytes: self.wrappedEphemeral),
                Node("companion_server_auth_key_pub", bytes: self.noiseKey.bytes),
                Node("companion_platform_id", content: .text(self.clientType.rawValue)),
                Node("companion_platform_display", content: .text(self.displayName)),
                Node("link_code_pairing_nonce", bytes: [0]),
            ])
    }

    /// - Throws: `missingPairingField`, `wrongSize`.
    public init(_ node: Node) throws(WhatsAppCryptoError) {
        let type = try LinkCode.text("companion_platform_id", of: node)
        guard let type = CompanionClientType(rawValue: type) else {
            throw .missingPairingField("companion_platform_id")
        }
        self.init(
            phone: try LinkCode.phone(of: node),
            wrappedEphemeral: try LinkCode.bytes(
                "link_code_pairing_wrapped_companion_ephemeral_pub", of: node, count: WrappedKey.size),
            noiseKey: try LinkCode.key("companion_server_auth_key_pub", of: node), clientType: type,
            displayName: try LinkCode.text("companion_platform_display", of: node))
    }
}

/// The phone's answer.
public struct PrimaryHello: Hashable, Sendable {
    public let wrappedEphemeral: [UInt8]
    /// The account's identity key.
    public let identityKey: PublicKey
    public let reference: [UInt8]

    public init(wrappedEphemeral: [UInt8], identityKey: PublicKey, reference: [UInt8]) {
        self.wrappedEphemeral = wrappedEphemeral
        self.identityKey = identityKey
        self.reference = reference
    }

    public var node: Node {
        Node(
            LinkCode.tag, ["stage": "primary_hello"],
            children: [
                Node("link_code_pairing_wrapped_primary_ephemeral_pub", bytes: self.wrappedEphemeral),
                Node("primary_identity_pub", bytes: self.identityKey.bytes),
                Node(LinkCode.referenceTag, bytes: self.reference),
            ])
    }

    /// - Throws: `missingPairingField`, `wrongSize`.
    public init(_ node: Node) throws(WhatsAppCryptoError) {
        self.init(
            wrappedEphemeral: try LinkCode.bytes(
                "link_code_pairing_wrapped_primary_ephemeral_pub", of: node, count: WrappedKey.size),
            identityKey: try LinkCode.key("primary_identity_pub", of: node),
            reference: try LinkCode.reference(of: node))
    }
}

/// The companion's last word.
public struct CompanionFinish: Hashable, Sendable {
    public let phone: JID
    public let keyBundle: [UInt8]
    /// The companion's identity key.
    public let identityKey: PublicKey
    public let reference: [UInt8]

    public init(phone: JID, keyBundle: [UInt8], identityKey: PublicKey, reference: [UInt8]) {
        self.phone = phone
        self.keyBundle = keyBundle
        self.identityKey = identityKey
        self.reference = reference
    }

    public var node: Node {
        Node(
            LinkCode.tag, ["jid": .jid(self.phone), "stage": "companion_finish"],
            children: [
                Node("link_code_pairing_wrapped_key_bundle", bytes: self.keyBundle),
                Node("companion_identity_public", bytes: self.identityKey.bytes),
                Node(LinkCode.referenceTag, bytes: self.reference),
            ])
    }

    /// - Throws: `missingPairingField`, `wrongSize`.
    public init(_ node: Node) throws(WhatsAppCryptoError) {
        self.init(
            phone: try LinkCode.phone(of: node),
            keyBundle: try LinkCode.bytes("link_code_pairing_wrapped_key_bundle", of: node, count: KeyBundle.size),
            identityKey: try LinkCode.key("companion_identity_public", of: node),
            reference: try LinkCode.reference(of: node))
    }
}

/// Reading of the stanzas' children. Short ones may arrive as text although they were sent as bytes.
private enum LinkCode {
    static let tag = "link_code_companion_reg"
    static let referenceTag = "link_code_pairing_ref"

    static func bytes(
        _ tag: StaticStringName, of node: Node, count: Int
    ) throws(WhatsAppCryptoError) -> [UInt8] {
        guard let bytes = node.child(tag.description)?.bytes else { throw .missingPairingField(tag) }
        try require(bytes, tag, count: count)
        return bytes
    }

    static func key(_ tag: StaticStringName, of node: Node) throws(WhatsAppCryptoError) -> PublicKey {
        let bytes = try self.bytes(tag, of: node, count: 32)
        return try primitive { () throws(CryptoError) in try PublicKey(bytes) }
    }

    static func text(_ tag: StaticStringName, of node: Node) throws(WhatsAppCryptoError) -> String {
        guard let text = node.child(tag.description)?.text, !text.isEmpty else { throw .missingPairingField(tag) }
        return text
    }

    static func reference(of node: Node) throws(WhatsAppCryptoError) -> [UInt8] {
        guard let bytes = node.child(self.referenceTag)?.bytes, !bytes.isEmpty else {
            throw .missingPairingField("link_code_pairing_ref")
        }
        return bytes
    }

    static func phone(of node: Node) throws(WhatsAppCryptoError) -> JID {
        guard let jid = node.jid("jid") else { throw .missingPairingField("jid") }
        return jid
    }
}
