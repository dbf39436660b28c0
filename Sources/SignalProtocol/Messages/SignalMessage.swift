import CryptoPrimitives
import Foundation
import SwiftProtobuf

/// A message of a running session: version byte, protobuf, and 8 bytes of MAC over both and both sides' identities.
///
/// The MAC is checked over the bytes as they came; nothing is encoded again.
public struct SignalMessage: Sendable {
    static let macSize = 8

    /// The whole message, MAC included.
    public let serialized: [UInt8]
    /// The number of the message in its chain.
    public let counter: UInt32
    /// The sender's ratchet key, which names the chain.
    let ratchetKey: PublicKey
    let ciphertext: Data

    /// Reads a message; whether it is authentic only the session knows.
    public init(serialized: [UInt8]) throws(SignalError) {
        guard let first = serialized.first else { throw .malformedMessage(part: "version byte") }
        try MessageVersion.check(first)
        guard serialized.count >= 1 + Self.macSize else { throw .malformedMessage(part: "MAC") }
        let wire = try SignalWireMessage(messageBytes: serialized[1..<serialized.count - Self.macSize])
        guard wire.hasRatchetKey else { throw .malformedMessage(part: "ratchet key") }
        guard wire.hasCounter else { throw .malformedMessage(part: "counter") }
        guard wire.hasCiphertext else { throw .malformedMessage(part: "ciphertext") }
        self.ratchetKey = try PublicKey(serialized: Array(wire.ratchetKey))
        self.counter = wire.counter
        self.ciphertext = wire.ciphertext
        self.serialized = serialized
    }

    /// The plaintext.
    /// - Throws: `badMAC` unless `sender` made these bytes for `receiver` with these keys.
    func open(with keys: MessageKeys, from sender: IdentityKey, to receiver: IdentityKey) throws(SignalError) -> [UInt8]
    {
        let end = self.serialized.count - Self.macSize
        let input = Self.macInput(from: sender, to: receiver, message: self.serialized[..<end])
        let mac = try keys.mac(input)
        guard isEqualInConstantTime(mac[..<Self.macSize], self.serialized[end...]) else { throw .badMAC }
        return try keys.decrypt(self.ciphertext)
    }

    private static func macInput(
        from sender: IdentityKey, to receiver: IdentityKey, message: ArraySlice<UInt8>
    ) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(Self.identitiesSize + message.count)
        for identity in [sender, receiver] {
            input.append(PublicKey.typeByte)
            input.append(contentsOf: identity.publicKey.bytes)
        }
        input.append(contentsOf: message)
        return input
    }

    private static let identitiesSize = 66
}

extension SignalMessage {
    /// The bytes of a new message.
    static func seal(
        _ plaintext: [UInt8], with keys: MessageKeys, ratchetKey: PublicKey, counter: UInt32, previousCounter: UInt32,
        from sender: IdentityKey, to receiver: IdentityKey
    ) throws(SignalError) -> [UInt8] {
        var wire = SignalWireMessage()
        wire.ratchetKey = Data(ratchetKey.serialized)
        wire.counter = counter
        wire.previousCounter = previousCounter
        wire.ciphertext = Data(try keys.encrypt(plaintext))
        var message = try wire.messageBytes()
        let mac = try keys.mac(Self.macInput(from: sender, to: receiver, message: message[...]))
        message.append(contentsOf: mac[..<Self.macSize])
        return message
    }
}
