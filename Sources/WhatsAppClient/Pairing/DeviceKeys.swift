public import CryptoPrimitives
public import SignalProtocol

/// The keys of a device, made once before it is linked and kept for its life.
public struct DeviceKeys: Sendable, Equatable {
    /// For connections. The server takes a device with another one for an unknown device.
    public var noiseKey: KeyPair
    /// The identity and the registration id, 1 to 16380.
    public var identity: LocalIdentity
    public var signedPreKey: SignedPreKey
    /// 32 bytes by which a phone proves that it read the QR text. Replaced while linking goes on; without use later.
    public var advSecret: SecretBytes

    public init(noiseKey: KeyPair, identity: LocalIdentity, signedPreKey: SignedPreKey, advSecret: SecretBytes) {
        self.noiseKey = noiseKey
        self.identity = identity
        self.signedPreKey = signedPreKey
        self.advSecret = advSecret
    }

    /// Fresh keys; the generator has to be one for secrets.
    public init(using generator: inout some RandomNumberGenerator) throws(ClientError) {
        do {
            self.noiseKey = try KeyPair(using: &generator)
        } catch {
            throw .primitiveFailed(error)
        }
        do {
            let identity = try IdentityKeyPair(using: &generator)
            // The range that every client takes; some read only 14 bits.
            self.identity = LocalIdentity(
                identityKeyPair: identity, registrationID: UInt32.random(in: 1...16_380, using: &generator))
            self.signedPreKey = try SignedPreKey(id: 1, signedBy: identity, using: &generator)
        } catch {
            throw .keysNotMade
        }
        self.advSecret = .random(count: 32, using: &generator)
    }

    /// What a registration tells the server of them.
    public func registration() throws(ClientError) -> RegistrationPayload {
        try RegistrationPayload(
            registrationID: self.identity.registrationID, identityKey: self.identity.identityKey.publicKey,
            signedPreKeyID: self.signedPreKey.id, signedPreKey: self.signedPreKey.keyPair.publicKey,
            signedPreKeySignature: self.signedPreKey.signature)
    }
}
