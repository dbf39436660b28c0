public import CryptoPrimitives
import Foundation
import WhatsAppProto

/// The part of a payload that only a registration has: the public halves of the keys a new device brings.
public struct RegistrationPayload: Hashable, Sendable {
    public let registrationID: UInt32
    public let identityKey: PublicKey
    public let signedPreKeyID: UInt32
    public let signedPreKey: PublicKey
    public let signedPreKeySignature: [UInt8]
    public var passive = false
    public var pull = false

    /// - Parameters:
    ///   - signedPreKeyID: 24 bits.
    ///   - signedPreKeySignature: 64 bytes, by the identity key over the byte 05 and `signedPreKey`.
    /// - Throws: `preKeyIDTooLarge` or `wrongSignatureSize`.
    public init(
        registrationID: UInt32, identityKey: PublicKey, signedPreKeyID: UInt32, signedPreKey: PublicKey,
        signedPreKeySignature: [UInt8]
    ) throws(ClientError) {
        guard signedPreKeyID < 1 << 24 else { throw .preKeyIDTooLarge(signedPreKeyID) }
        guard signedPreKeySignature.count == XEdDSA.signatureSize else {
            throw .wrongSignatureSize(bytes: signedPreKeySignature.count)
        }
        self.registrationID = registrationID
        self.identityKey = identityKey
        self.signedPreKeyID = signedPreKeyID
        self.signedPreKey = signedPreKey
        self.signedPreKeySignature = signedPreKeySignature
    }

    func write(to message: inout WAClientPayload, as profile: ClientProfile) throws(ClientError) {
        message.passive = self.passive
        message.pull = self.pull
        message.devicePairingData.eRegid = Data(bigEndian(self.registrationID))
        message.devicePairingData.eKeytype = Data([Self.keyType])
        message.devicePairingData.eIdent = Data(self.identityKey.bytes)
        message.devicePairingData.eSkeyID = Data(bigEndian(self.signedPreKeyID).dropFirst())
        message.devicePairingData.eSkeyVal = Data(self.signedPreKey.bytes)
        message.devicePairingData.eSkeySig = Data(self.signedPreKeySignature)
        message.devicePairingData.buildHash = Data(try profile.appVersion.buildHash())
        message.devicePairingData.deviceProps = Data(try profile.deviceProps())
    }

    /// Curve25519, in the numbering of key types.
    private static let keyType: UInt8 = 5
}

private func bigEndian(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}
