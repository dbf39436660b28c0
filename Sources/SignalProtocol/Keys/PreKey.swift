public import CryptoPrimitives

/// A one-time pre-key: whoever starts a session takes one from the server, and it opens one session only.
public struct PreKey: Sendable, Equatable {
    /// Ids have 24 bits; 0 is none.
    public static let ids: ClosedRange<UInt32> = 1...0xFF_FFFF

    public let id: UInt32
    public let keyPair: KeyPair

    public init(id: UInt32, keyPair: KeyPair) {
        self.id = id
        self.keyPair = keyPair
    }

    /// A fresh key, of 32 random bytes.
    public init(id: UInt32, using generator: inout some RandomNumberGenerator) throws(SignalError) {
        self.init(id: id, keyPair: try .fresh(using: &generator))
    }

    /// The id after `id`; the largest is followed by 1. Ids must not come twice while somebody may hold the old bundle,
    /// so the next one is kept beside the keys and not taken from the largest in the table.
    public static func id(after id: UInt32) -> UInt32 {
        id < Self.ids.upperBound ? id + 1 : Self.ids.lowerBound
    }
}

/// The pre-key that serves many sessions, under the identity's signature.
public struct SignedPreKey: Sendable, Equatable {
    /// From 1, as for one-time keys.
    public let id: UInt32
    public let keyPair: KeyPair
    /// 64 bytes over the serialized public key.
    public let signature: [UInt8]

    public init(id: UInt32, keyPair: KeyPair, signature: [UInt8]) {
        self.id = id
        self.keyPair = keyPair
        self.signature = signature
    }

    /// A fresh key, of 32 random bytes, and its signature, over 64 more.
    public init(
        id: UInt32, signedBy identity: IdentityKeyPair, using generator: inout some RandomNumberGenerator
    ) throws(SignalError) {
        let keyPair = try KeyPair.fresh(using: &generator)
        do {
            let signature = try XEdDSA.sign(
                keyPair.publicKey.serialized, with: identity.keyPair.privateKey, using: &generator)
            self.init(id: id, keyPair: keyPair, signature: signature)
        } catch {
            throw SignalError(error)
        }
    }
}
