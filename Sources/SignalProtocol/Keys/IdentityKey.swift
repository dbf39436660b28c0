public import CryptoPrimitives

/// The long-lived public key of one device; the same key means the same installation.
public struct IdentityKey: Hashable, Sendable {
    public let publicKey: PublicKey

    public init(_ publicKey: PublicKey) {
        self.publicKey = publicKey
    }
}

/// The long-lived key pair of this device, made when it is linked.
public struct IdentityKeyPair: Sendable, Equatable {
    public let keyPair: KeyPair

    public var identityKey: IdentityKey { IdentityKey(self.keyPair.publicKey) }

    public init(_ keyPair: KeyPair) {
        self.keyPair = keyPair
    }

    /// A fresh pair, of 32 random bytes.
    public init(using generator: inout some RandomNumberGenerator) throws(SignalError) {
        self.keyPair = try .fresh(using: &generator)
    }
}

/// What this device is to others: its identity and the number that tells its installations apart.
public struct LocalIdentity: Sendable, Equatable {
    public let identityKeyPair: IdentityKeyPair
    public let registrationID: UInt32

    public init(identityKeyPair: IdentityKeyPair, registrationID: UInt32) {
        self.identityKeyPair = identityKeyPair
        self.registrationID = registrationID
    }

    /// A fresh identity with a registration id in 1 ..< 2³¹.
    public init(using generator: inout some RandomNumberGenerator) throws(SignalError) {
        self.identityKeyPair = try IdentityKeyPair(using: &generator)
        self.registrationID = UInt32.random(in: 1..<1 << 31, using: &generator)
    }

    public var identityKey: IdentityKey { self.identityKeyPair.identityKey }
}

extension KeyPair {
    static func fresh(using generator: inout some RandomNumberGenerator) throws(SignalError) -> KeyPair {
        do {
            return try KeyPair(using: &generator)
        } catch {
            throw SignalError(error)
        }
    }
}
