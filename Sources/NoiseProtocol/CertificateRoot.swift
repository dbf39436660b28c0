public import CryptoPrimitives

/// The key at which all trust in a server begins.
public struct CertificateRoot: Hashable, Sendable {
    public let key: PublicKey
    /// What an intermediate certificate names as its issuer.
    public let serial: UInt32

    public init(key: PublicKey, serial: UInt32 = 0) {
        self.key = key
        self.serial = serial
    }

    /// The root of WhatsApp's servers.
    public static let production = CertificateRoot(key: productionKey)

    // Any 32 bytes are a key, and 32 bytes stand here.
    private static let productionKey = (try? PublicKey(productionKeyBytes))!

    private static let productionKeyBytes: [UInt8] = [
        0x14, 0x23, 0x75, 0x57, 0x4D, 0x0A, 0x58, 0x71, 0x66, 0xAA, 0xE7, 0x1E, 0xBE, 0x51, 0x64, 0x37,
        0xC4, 0xA2, 0x8B, 0x73, 0xE3, 0x69, 0x5C, 0x6C, 0xE1, 0xF7, 0xF9, 0x54, 0x5D, 0xA8, 0xEE, 0x6B,
    ]
}
