public import CryptoPrimitives
public import Foundation
import WhatsAppProto

/// The account's signed list of the key indexes of its companions, which goes with its device list.
public struct KeyIndexList: Hashable, Sendable {
    public let rawID: UInt32
    /// When it was made, Unix seconds.
    public let timestamp: UInt64
    /// The highest index ever given.
    public let currentIndex: UInt32
    /// Those of the devices that are linked now.
    public let validIndexes: [UInt32]
    public let isAccountHosted: Bool
    public let accountKey: PublicKey

    /// Reads a list and checks its signature. Whether the account's key is the right one is for the caller to know.
    /// - Throws: `malformedDeviceIdentity`, `deviceIdentityNotAuthentic(.account)`.
    public init(serialized bytes: [UInt8]) throws(WhatsAppCryptoError) {
        let signed = try WAADVSignedKeyIndexList.decoded(bytes)
        guard signed.hasDetails, let accountKey = try? PublicKey(signed.accountSignatureKey) else {
            throw .malformedDeviceIdentity
        }
        let message = try WAADVKeyIndexList.decoded(signed.details)
        let isValid = try primitive { () throws(CryptoError) in
            try XEdDSA.isValid(signed.accountSignature, of: ADVPrefix.account + signed.details, by: accountKey)
        }
        guard isValid else { throw .deviceIdentityNotAuthentic(.account) }
        self.rawID = message.rawID
        self.timestamp = message.timestamp
        self.currentIndex = message.currentIndex
        self.validIndexes = message.validIndexes
        self.isAccountHosted = message.accountType == .hosted
        self.accountKey = accountKey
    }
}

extension PrimaryIdentity {
    /// The serialized list, signed.
    public func keyIndexList(
        currentIndex: UInt32, validIndexes: [UInt32], now: Date, using generator: inout some RandomNumberGenerator
    ) throws(WhatsAppCryptoError) -> [UInt8] {
        var list = WAADVKeyIndexList()
        list.rawID = self.rawID
        list.timestamp = unixSeconds(now)
        list.currentIndex = currentIndex
        list.validIndexes = validIndexes
        list.accountType = self.isHosted ? .hosted : .e2Ee
        let details = try list.encoded()
        var signed = WAADVSignedKeyIndexList()
        signed.details = Data(details)
        signed.accountSignature = Data(
            try sign(ADVPrefix.account + details, with: self.key.privateKey, using: &generator))
        signed.accountSignatureKey = Data(self.key.publicKey.bytes)
        return try signed.encoded()
    }
}
