public import CryptoPrimitives
public import Foundation
import WhatsAppProto

/// The account's side of linking: what a phone signs. A simulated phone needs it, and every test of the companion.
public struct PrimaryIdentity: Sendable {
    /// The account's identity key.
    public let key: KeyPair
    public let rawID: UInt32
    /// Whether a provider holds the account's keys.
    public let isHosted: Bool

    public init(key: KeyPair, rawID: UInt32, isHosted: Bool = false) {
        self.key = key
        self.rawID = rawID
        self.isHosted = isHosted
    }

    /// Signs the identity of a companion whose key was read from a QR text or a key bundle.
    public func link(
        _ companion: PublicKey, keyIndex: UInt32, now: Date, using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> LinkOffer {
        let details = try DeviceIdentityDetails(
            rawID: self.rawID, timestamp: unixSeconds(now), keyIndex: keyIndex, isAccountHosted: self.isHosted,
            isDeviceHosted: self.isHosted
        ).serialized()
        let message = DeviceIdentity.accountSigned(details, companion, hosted: self.isHosted)
        return LinkOffer(
            companion: companion, details: details, accountKey: self.key.publicKey,
            accountSignature: try sign(message, with: self.key.privateKey, using: &generator), isHosted: self.isHosted)
    }
}

/// A companion's identity that the account has signed and the companion has not.
public struct LinkOffer: Sendable {
    let companion: PublicKey
    let details: [UInt8]
    let accountKey: PublicKey
    let accountSignature: [UInt8]
    let isHosted: Bool

    /// The content of a pair-success.
    /// - Parameter advSecret: from the QR text or the key bundle.
    public func container(advSecret: SecretBytes) throws(WhatsAppCryptoError) -> [UInt8] {
        var signed = WAADVSignedDeviceIdentity()
        signed.details = Data(self.details)
        signed.accountSignatureKey = Data(self.accountKey.bytes)
        signed.accountSignature = Data(self.accountSignature)
        let identity = try signed.encoded()
        let authenticated = ADVPrefix.container(hosted: self.isHosted) + identity
        var message = WAADVSignedDeviceIdentityHMAC()
        message.details = Data(identity)
        message.hmac = Data(
            try primitive { () throws(CryptoError) in try HMAC.sha256(key: advSecret, authenticated) })
        // Phones write the type of ordinary accounts too.
        message.accountType = self.isHosted ? .hosted : .e2Ee
        return try message.encoded()
    }

    /// Checks the companion's answer and gives the whole identity.
    /// - Parameter reply: the content of the answer's `<device-identity>`.
    /// - Throws: `malformedDeviceIdentity`, `deviceIdentityChanged`, `deviceIdentityNotAuthentic`.
    public func accept(_ reply: [UInt8]) throws(WhatsAppCryptoError) -> DeviceIdentity {
        let message = try WAADVSignedDeviceIdentity.decoded(reply)
        guard !message.hasAccountSignatureKey, Array(message.details) == self.details,
            Array(message.accountSignature) == self.accountSignature
        else { throw .deviceIdentityChanged }
        let identity = try DeviceIdentity(
            signedDetails: self.details, accountKey: self.accountKey, accountSignature: self.accountSignature,
            deviceSignature: Array(message.deviceSignature))
        try identity.verifyDeviceSignature(by: self.companion)
        return identity
    }
}
