public import CryptoPrimitives
import Foundation
import WhatsAppProto

/// The proof that a device belongs to an account: each has signed the other's key.
///
/// A companion gets one when it is linked, keeps it, and sends it beside every message that opens a session.
public struct DeviceIdentity: Hashable, Sendable {
    public let details: DeviceIdentityDetails
    /// The signed bytes. They are kept as they came, for another encoding of the same details has another signature.
    let signedDetails: [UInt8]
    /// The identity key of the account's phone.
    public let accountKey: PublicKey
    let accountSignature: [UInt8]
    let deviceSignature: [UInt8]

    init(
        signedDetails: [UInt8], accountKey: PublicKey, accountSignature: [UInt8], deviceSignature: [UInt8]
    ) throws(WhatsAppCryptoError) {
        self.details = try DeviceIdentityDetails(serialized: signedDetails)
        self.signedDetails = signedDetails
        self.accountKey = accountKey
        self.accountSignature = accountSignature
        self.deviceSignature = deviceSignature
    }

    /// Reads the complete form, from a store or beside a message. Nothing is verified.
    /// - Throws: `malformedDeviceIdentity` also when one of the four parts is missing.
    public init(serialized bytes: [UInt8]) throws(WhatsAppCryptoError) {
        let message = try WAADVSignedDeviceIdentity.decoded(bytes)
        guard message.hasDetails, message.accountSignature.count == XEdDSA.signatureSize,
            message.deviceSignature.count == XEdDSA.signatureSize,
            let accountKey = try? PublicKey(message.accountSignatureKey)
        else { throw .malformedDeviceIdentity }
        try self.init(
            signedDetails: Array(message.details), accountKey: accountKey,
            accountSignature: Array(message.accountSignature), deviceSignature: Array(message.deviceSignature))
    }

    /// The complete form, for storing and for sending beside messages.
    public func serialized() throws(WhatsAppCryptoError) -> [UInt8] {
        try self.message(withAccountKey: true).encoded()
    }

    /// The form that answers a pair-success: without the account's key, which the phone knows.
    public func serializedReply() throws(WhatsAppCryptoError) -> [UInt8] {
        try self.message(withAccountKey: false).encoded()
    }

    private func message(withAccountKey: Bool) -> WAADVSignedDeviceIdentity {
        var message = WAADVSignedDeviceIdentity()
        message.details = Data(self.signedDetails)
        if withAccountKey { message.accountSignatureKey = Data(self.accountKey.bytes) }
        message.accountSignature = Data(self.accountSignature)
        message.deviceSignature = Data(self.deviceSignature)
        return message
    }

    /// Checks both signatures.
    ///
    /// Whether the account's key is the right one is for the caller to know: anybody can be an account of their own.
    /// - Parameter identityKey: of the device.
    /// - Throws: `deviceIdentityNotAuthentic`.
    public func verify(for identityKey: PublicKey) throws(WhatsAppCryptoError) {
        try self.verifyAccountSignature(for: identityKey)
        try self.verifyDeviceSignature(by: identityKey)
    }

    func verifyAccountSignature(for identityKey: PublicKey) throws(WhatsAppCryptoError) {
        let message = Self.accountSigned(self.signedDetails, identityKey, hosted: self.details.isDeviceHosted)
        guard try self.isValid(self.accountSignature, of: message, by: self.accountKey) else {
            throw .deviceIdentityNotAuthentic(.account)
        }
    }

    /// A linked device signs with the same prefix in hosted accounts too; only the provider's own devices have another.
    func verifyDeviceSignature(by identityKey: PublicKey) throws(WhatsAppCryptoError) {
        let signed = Self.deviceSigned(self.signedDetails, identityKey, self.accountKey)
        if try self.isValid(self.deviceSignature, of: ADVPrefix.device + signed, by: identityKey) { return }
        guard self.details.isDeviceHosted,
            try self.isValid(self.deviceSignature, of: ADVPrefix.hostedDevice + signed, by: identityKey)
        else { throw .deviceIdentityNotAuthentic(.device) }
    }

    private func isValid(
        _ signature: [UInt8], of message: [UInt8], by key: PublicKey
    ) throws(WhatsAppCryptoError) -> Bool {
        try primitive { () throws(CryptoError) in try XEdDSA.isValid(signature, of: message, by: key) }
    }

    /// What the account signs about a device.
    static func accountSigned(_ details: [UInt8], _ identityKey: PublicKey, hosted: Bool) -> [UInt8] {
        ADVPrefix.account(hosted: hosted) + details + identityKey.bytes
    }

    /// What the device signs, behind the prefix.
    static func deviceSigned(_ details: [UInt8], _ identityKey: PublicKey, _ accountKey: PublicKey) -> [UInt8] {
        details + identityKey.bytes + accountKey.bytes
    }
}
