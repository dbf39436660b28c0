import CryptoPrimitives
import Foundation
public import WhatsAppBinary

/// A short hash over the devices a message goes to. Sender and server compare theirs to find stale device lists.
public enum ParticipantHash {
    /// Bytes of the SHA-256 that are kept.
    private static let size = 6

    /// `2:` and eight characters (Base64 without padding) over the devices' AD strings in byte order; whatever order
    /// they come in. For a group, all devices belong to it, the sending one too.
    public static func hash(of devices: some Sequence<JID>) throws(WhatsAppCryptoError) -> String {
        // The names are ASCII, so the order of strings is the order of their bytes.
        let text = devices.map(\.adString).sorted().joined()
        let hash = try primitive { () throws(CryptoError) in try Digest.sha256.hash(Array(text.utf8)) }
        // Six bytes are eight characters, so there is never a padding.
        return "2:" + Data(hash[..<Self.size]).base64EncodedString()
    }
}
