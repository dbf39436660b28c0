public import CryptoPrimitives
import Foundation

/// The keys one file is encrypted with, derived from its media key.
///
/// A media key serves for one content: the initialization vector comes from it too, so a second content would repeat it.
public struct MediaKeys: Sendable {
    /// Bytes of a media key.
    public static let mediaKeySize = 32

    let iv, cipherKey, macKey: SecretBytes

    /// HKDF-SHA256 without salt gives the initialization vector (16 bytes), the keys of AES-256 and of HMAC-SHA256 (32
    /// each) and a reference key (32) that nothing uses.
    /// - Throws: `wrongSize` unless the media key has 32 bytes.
    public init(mediaKey: SecretBytes, kind: MediaKind) throws(WhatsAppCryptoError) {
        try require(mediaKey, "media key", count: Self.mediaKeySize)
        let info = Array(kind.keyInfo.utf8)
        let keys = try primitive { () throws(CryptoError) in
            try HKDF.sha256(mediaKey, info: info, count: Self.expandedSize)
        }
        self.iv = keys[0..<16]
        self.cipherKey = keys[16..<48]
        self.macKey = keys[48..<80]
    }

    private static let expandedSize = 112
}
