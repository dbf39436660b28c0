public import CryptoPrimitives
import Foundation
import SwiftProtobuf
public import WhatsAppBinary
import WhatsAppProto

// The phone sends a container that an HMAC under the companion's secret holds together; in it is an identity that the
// account has signed; in that, the details. The companion checks both from outside to inside, adds its own signature,
// stores the whole and sends it back. The HMAC covers the signed identity, the signatures cover the details.
extension DeviceIdentity {
    /// Checks the content of a pair-success and signs it.
    ///
    /// The result has to be on disk before the reply leaves, or a crash leaves a linked device without keys.
    /// - Parameters:
    ///   - container: the content of `<device-identity>`.
    ///   - advSecret: the latest one: linking by code and the server's request to refresh replace it.
    ///   - identity: the companion's identity key.
    public init(
        pairSuccess container: [UInt8], advSecret: SecretBytes, identity: KeyPair,
        using generator: inout some RandomNumberGenerator
    ) throws(PairSuccessRefusal) {
        let signed = try Self.openContainer(container, advSecret)
        let details = Array(signed.details)
        // The details' own type, not the container's, decides what the account's signature covers.
        let hosted = try Self.readDetails(details).isDeviceHosted
        let accountKey = try Self.accountKey(of: signed, signing: details, identity.publicKey, hosted: hosted)
        do {
            let message = ADVPrefix.device + Self.deviceSigned(details, identity.publicKey, accountKey)
            try self.init(
                signedDetails: details, accountKey: accountKey, accountSignature: Array(signed.accountSignature),
                deviceSignature: try sign(message, with: identity.privateKey, using: &generator))
        } catch {
            throw PairSuccessRefusal(error)
        }
    }

    private static func openContainer(
        _ container: [UInt8], _ advSecret: SecretBytes
    ) throws(PairSuccessRefusal) -> WAADVSignedDeviceIdentity {
        guard let message = try? WAADVSignedDeviceIdentityHMAC(serializedBytes: container) else {
            throw .malformedContainer
        }
        let authenticated = ADVPrefix.container(hosted: message.accountType == .hosted) + message.details
        let code: [UInt8]
        do {
            code = try HMAC.sha256(key: advSecret, authenticated)
        } catch {
            throw .primitiveFailed(error)
        }
        guard isEqualInConstantTime(code, message.hmac) else { throw .hmacMismatch }
        guard let signed = try? WAADVSignedDeviceIdentity(serializedBytes: message.details) else {
            throw .malformedIdentity
        }
        return signed
    }

    private static func readDetails(_ details: [UInt8]) throws(PairSuccessRefusal) -> DeviceIdentityDetails {
        do {
            return try DeviceIdentityDetails(serialized: details)
        } catch {
            throw .malformedDetails
        }
    }

    private static func accountKey(
        of signed: WAADVSignedDeviceIdentity, signing details: [UInt8], _ identityKey: PublicKey, hosted: Bool
    ) throws(PairSuccessRefusal) -> PublicKey {
        guard signed.accountSignature.count == XEdDSA.signatureSize else {
            throw .wrongAccountSignatureSize(actual: signed.accountSignature.count)
        }
        guard let accountKey = try? PublicKey(signed.accountSignatureKey) else {
            throw .wrongAccountKeySize(actual: signed.accountSignatureKey.count)
        }
        let message = Self.accountSigned(details, identityKey, hosted: hosted)
        let isValid: Bool
        do {
            isValid = try XEdDSA.isValid(signed.accountSignature, of: message, by: accountKey)
        } catch {
            throw .primitiveFailed(error)
        }
        guard isValid else { throw .accountSignatureMismatch }
        return accountKey
    }

    /// The answer to the pair-success with this id.
    public func reply(to id: String) throws(WhatsAppCryptoError) -> Node {
        let identity = Node(
            "device-identity", ["key-index": .integer(self.details.keyIndex)], bytes: try self.serializedReply())
        return Node(
            "iq", ["id": .string(id), "to": .jid(.service), "type": "result"],
            children: [Node("pair-device-sign", children: [identity])])
    }
}

extension PairSuccessRefusal {
    /// What is left to go wrong once everything was checked.
    fileprivate init(_ error: WhatsAppCryptoError) {
        if case .primitiveFailed(let error) = error { self = .primitiveFailed(error) } else { self = .encodingFailed }
    }
}
