public import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// What a sender gives each member of a group, under their session: its chain as it stands, and the key that checks its
/// signatures. It opens the messages from `iteration` on.
public struct SenderKeyDistributionMessage: Sendable, Equatable {
    public let keyID: UInt32
    public let iteration: UInt32
    /// 32 bytes.
    public let chainKey: SecretBytes
    public let signingKey: PublicKey

    init(keyID: UInt32, iteration: UInt32, chainKey: SecretBytes, signingKey: PublicKey) {
        self.keyID = keyID
        self.iteration = iteration
        self.chainKey = chainKey
        self.signingKey = signingKey
    }

    /// Reads the message. Some clients leave the version byte out, which is accepted.
    public init(serialized: [UInt8]) throws(SignalError) {
        let body = serialized.first == MessageVersion.byte ? serialized[1...] : serialized[...]
        let wire = try SignalSenderKeyDistributionWireMessage(messageBytes: body)
        guard wire.hasID else { throw .malformedMessage(part: "key id") }
        guard wire.hasIteration else { throw .malformedMessage(part: "iteration") }
        guard wire.chainKey.count == 32 else { throw .malformedMessage(part: "chain key") }
        guard wire.hasSigningKey else { throw .malformedMessage(part: "signing key") }
        self.init(
            keyID: wire.id, iteration: wire.iteration, chainKey: SecretBytes(wire.chainKey),
            signingKey: try PublicKey(serialized: Array(wire.signingKey)))
    }

    /// The message in bytes, chain key and all: only for encrypting it.
    public func serialized() throws(SignalError) -> [UInt8] {
        var wire = SignalSenderKeyDistributionWireMessage()
        wire.id = self.keyID
        wire.iteration = self.iteration
        wire.chainKey = Data(self.chainKey.exposed)
        wire.signingKey = Data(self.signingKey.serialized)
        return try wire.messageBytes()
    }
}
