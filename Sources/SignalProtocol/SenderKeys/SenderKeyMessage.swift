import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// A message to a group: version byte, protobuf, and the 64 bytes of the sender's signature over both.
public struct SenderKeyMessage: Sendable {
    /// The whole message, signature included.
    public let serialized: [UInt8]
    /// Which of the sender's keys it is made with.
    public let keyID: UInt32
    /// The number of the message in the key's chain.
    public let iteration: UInt32
    let ciphertext: Data

    /// Reads a message; whether it is authentic only the sender key knows.
    public init(serialized: [UInt8]) throws(SignalError) {
        guard let first = serialized.first else { throw .malformedMessage(part: "version byte") }
        try MessageVersion.check(first)
        guard serialized.count >= 1 + XEdDSA.signatureSize else { throw .malformedMessage(part: "signature") }
        let body = serialized[1..<serialized.count - XEdDSA.signatureSize]
        let wire = try SignalSenderKeyWireMessage(messageBytes: body)
        guard wire.hasID else { throw .malformedMessage(part: "key id") }
        guard wire.hasIteration else { throw .malformedMessage(part: "iteration") }
        guard wire.hasCiphertext else { throw .malformedMessage(part: "ciphertext") }
        self.keyID = wire.id
        self.iteration = wire.iteration
        self.ciphertext = wire.ciphertext
        self.serialized = serialized
    }

    func checkSignature(by key: PublicKey) throws(SignalError) {
        let end = self.serialized.count - XEdDSA.signatureSize
        let isValid = try withSignalErrors { () throws(CryptoError) in
            try XEdDSA.isValid(self.serialized[end...], of: self.serialized[..<end], by: key)
        }
        guard isValid else { throw .badSignature }
    }

    /// The bytes of a new message.
    static func seal(
        _ plaintext: [UInt8], with keys: SenderMessageKeys, keyID: UInt32, iteration: UInt32,
        signedBy signingKey: PrivateKey, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        var wire = SignalSenderKeyWireMessage()
        wire.id = keyID
        wire.iteration = iteration
        wire.ciphertext = Data(try keys.encrypt(plaintext))
        let message = try wire.messageBytes()
        do {
            return message + (try XEdDSA.sign(message, with: signingKey, using: &generator))
        } catch {
            throw SignalError(error)
        }
    }
}
