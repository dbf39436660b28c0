public import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// A message that also starts a session: what the receiver needs to agree on it, around the first messages.
///
/// Only the message inside has a MAC; it fails when a part outside was altered that the session depends on.
public struct PreKeySignalMessage: Sendable {
    /// The whole message.
    public let serialized: [UInt8]
    /// The sender's.
    public let registrationID: UInt32
    /// The receiver's one-time key; nil when the sender got none.
    public let preKeyID: UInt32?
    public let signedPreKeyID: UInt32
    /// The sender's key made for this session; it tells sessions apart.
    public let baseKey: PublicKey
    /// What the sender says its identity is.
    public let identityKey: IdentityKey
    public let message: SignalMessage

    public init(serialized: [UInt8]) throws(SignalError) {
        guard let first = serialized.first else { throw .malformedMessage(part: "version byte") }
        try MessageVersion.check(first)
        let wire = try SignalPreKeyWireMessage(messageBytes: serialized[1...])
        guard wire.hasBaseKey else { throw .malformedMessage(part: "base key") }
        guard wire.hasIdentityKey else { throw .malformedMessage(part: "identity key") }
        guard wire.hasMessage else { throw .malformedMessage(part: "message") }
        guard wire.hasSignedPreKeyID else { throw .malformedMessage(part: "signed pre-key id") }
        self.serialized = serialized
        self.registrationID = wire.registrationID
        self.preKeyID = wire.preKeyID == 0 ? nil : wire.preKeyID
        self.signedPreKeyID = wire.signedPreKeyID
        let baseKey = try PublicKey(serialized: Array(wire.baseKey))
        // No MAC covers this key, and it is what tells a repeated message from a new session: other bytes that agree
        // the same secrets would open the same message once more.
        guard try withSignalErrors({ () throws(CryptoError) in try baseKey.isProper() }) else { throw .invalidKey }
        self.baseKey = baseKey
        self.identityKey = IdentityKey(try PublicKey(serialized: Array(wire.identityKey)))
        self.message = try SignalMessage(serialized: Array(wire.message))
    }

    /// The bytes of a new one around `message`, which is a whole SignalMessage.
    static func wrap(
        _ message: [UInt8], of local: IdentityKey, registrationID: UInt32, baseKey: PublicKey, pending: PendingPreKey
    ) throws(SignalError) -> [UInt8] {
        var wire = SignalPreKeyWireMessage()
        if let preKeyID = pending.preKeyID { wire.preKeyID = preKeyID }
        wire.baseKey = Data(baseKey.serialized)
        wire.identityKey = Data(local.publicKey.serialized)
        wire.message = Data(message)
        wire.registrationID = registrationID
        wire.signedPreKeyID = pending.signedPreKeyID
        return try wire.messageBytes()
    }
}
