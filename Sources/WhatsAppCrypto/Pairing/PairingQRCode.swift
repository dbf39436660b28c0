public import CryptoPrimitives
import Foundation

/// What a phone reads from the screen to link a companion.
public struct PairingQRCode: Equatable, Sendable {
    /// Where the fields follow. Phones read codes with and without it.
    static let linkPrefix = "https://wa.me/settings/linked_devices#"

    /// Text from the server, opaque and never empty.
    public let reference: String
    public let noiseKey: PublicKey
    public let identityKey: PublicKey
    /// The secret by which the companion will know that its answer comes from the phone that read this code.
    public let advSecret: SecretBytes
    public let clientType: CompanionClientType

    public init(
        reference: String, noiseKey: PublicKey, identityKey: PublicKey, advSecret: SecretBytes,
        clientType: CompanionClientType
    ) {
        self.reference = reference
        self.noiseKey = noiseKey
        self.identityKey = identityKey
        self.advSecret = advSecret
        self.clientType = clientType
    }

    /// What the picture holds. Whoever sees it can link the companion to their own account.
    public var text: String {
        let keys = [self.noiseKey.bytes, self.identityKey.bytes, self.advSecret.exposed]
            .map { Data($0).base64EncodedString() }
        return Self.linkPrefix + ([self.reference] + keys + [self.clientType.rawValue]).joined(separator: ",")
    }

    /// Reads the text of a picture. The reference may contain commas, the four fields behind it do not.
    /// - Throws: `malformedQRCode`.
    public init(_ text: String) throws(WhatsAppCryptoError) {
        let fields = (text.hasPrefix(Self.linkPrefix) ? text.dropFirst(Self.linkPrefix.count) : text[...])
            .split(separator: ",", omittingEmptySubsequences: false)
        let reference = fields.dropLast(4).joined(separator: ",")
        guard !reference.isEmpty else { throw .malformedQRCode(.reference) }
        let keys = fields.suffix(4)
        guard let clientType = CompanionClientType(rawValue: String(keys[keys.startIndex + 3])) else {
            throw .malformedQRCode(.clientType)
        }
        self.init(
            reference: reference, noiseKey: try Self.key(keys[keys.startIndex], .noiseKey),
            identityKey: try Self.key(keys[keys.startIndex + 1], .identityKey),
            advSecret: SecretBytes(try Self.key(keys[keys.startIndex + 2], .advSecret).bytes), clientType: clientType)
    }

    /// All three are 32 bytes in standard Base64.
    private static func key(_ field: Substring, _ name: QRCodeField) throws(WhatsAppCryptoError) -> PublicKey {
        guard let bytes = Data(base64Encoded: String(field)), let key = try? PublicKey(bytes) else {
            throw .malformedQRCode(name)
        }
        return key
    }
}
