import CryptoPrimitives
import Foundation
import SwiftProtobuf
import WhatsAppProto

/// A change to what a phone answers when it links a device. What lies behind the HMAC is signed anew by it, as only the
/// phone itself could.
enum Damage: Sendable, CaseIterable {
    case container, hmac, accountType
    case identity, details, accountKeySize, accountKey, accountSignatureSize, accountSignature, signedDetails

    func done(to container: [UInt8], advSecret: SecretBytes) throws -> [UInt8] {
        var message = try WAADVSignedDeviceIdentityHMAC(serializedBytes: container)
        switch self {
        case .container: return [0xFF, 0xFF, 0xFF]
        case .hmac: message.hmac[31] ^= 1
        case .accountType: message.accountType = .hosted
        case .identity: try Self.seal(Data([0xFF]), in: &message, advSecret)
        case .details, .accountKeySize, .accountKey, .accountSignatureSize, .accountSignature, .signedDetails:
            var identity = try WAADVSignedDeviceIdentity(serializedBytes: message.details)
            try self.damage(&identity)
            try Self.seal(try identity.serializedData(), in: &message, advSecret)
        }
        return try message.serializedBytes()
    }

    private func damage(_ identity: inout WAADVSignedDeviceIdentity) throws {
        switch self {
        case .container, .hmac, .accountType, .identity: break
        case .details: identity.details = Data([0xFF])
        case .accountKeySize: identity.accountSignatureKey.removeLast()
        case .accountKey: identity.accountSignatureKey[0] ^= 1
        case .accountSignatureSize: identity.accountSignature.removeLast()
        case .accountSignature: identity.accountSignature[0] ^= 1
        case .signedDetails:
            var details = try WAADVDeviceIdentity(serializedBytes: identity.details)
            details.keyIndex += 1
            identity.details = try details.serializedData()
        }
    }

    private static func seal(
        _ identity: Data, in message: inout WAADVSignedDeviceIdentityHMAC, _ advSecret: SecretBytes
    ) throws {
        message.details = identity
        message.hmac = Data(try HMAC.sha256(key: advSecret, identity))
    }
}
