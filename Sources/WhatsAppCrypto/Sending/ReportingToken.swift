public import CryptoPrimitives
import Foundation
public import WhatsAppBinary

/// What a message carries so that its recipient can report it and the service can tell that the report is true.
///
/// Messages are accepted without one; a message whose content is not known here goes without rather than with a wrong one.
public struct ReportingToken: Hashable, Sendable {
    /// Bytes of a token and of the message secret it comes from.
    public static let size = 16
    public static let messageSecretSize = 32
    private static let version = "2"

    public let bytes: [UInt8]

    /// - Parameters:
    ///   - message: serialized, as it will be encrypted.
    ///   - secret: the message secret that stands in the message.
    ///   - sender, chat: devices do not count.
    /// - Returns: `nil` when the message has fields of which `ReportableContent` does not know whether they count.
    public init?(
        message: [UInt8], secret: SecretBytes, id: String, sender: JID, chat: JID
    ) throws(WhatsAppCryptoError) {
        guard let content = ReportableContent.filter(message) else { return nil }
        let key = try Self.key(secret: secret, id: id, sender: sender, chat: chat)
        let code = try primitive { () throws(CryptoError) in try HMAC.sha256(key: key, content) }
        self.bytes = Array(code[..<Self.size])
    }

    static func key(
        secret: SecretBytes, id: String, sender: JID, chat: JID
    ) throws(WhatsAppCryptoError) -> SecretBytes {
        try require(secret, "message secret", count: Self.messageSecretSize)
        let info = "\(id)\(sender.withoutDevice)\(chat.withoutDevice)Report Token"
        return try primitive { () throws(CryptoError) in
            try HKDF.sha256(secret, info: Array(info.utf8), count: 32)
        }
    }

    /// The child of the message stanza.
    public var node: Node {
        Node("reporting", children: [Node("reporting_token", ["v": .string(Self.version)], bytes: self.bytes)])
    }
}
