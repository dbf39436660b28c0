public import CryptoPrimitives

/// What the server hands out about a device, enough to start a session with it while it is away.
public struct PreKeyBundle: Sendable, Hashable {
    public struct OneTimeKey: Sendable, Hashable {
        public let id: UInt32
        public let publicKey: PublicKey

        public init(id: UInt32, publicKey: PublicKey) {
            self.id = id
            self.publicKey = publicKey
        }
    }

    public struct SignedKey: Sendable, Hashable {
        public let id: UInt32
        public let publicKey: PublicKey
        /// As it came; checked before a session is built.
        public let signature: [UInt8]

        public init(id: UInt32, publicKey: PublicKey, signature: [UInt8]) {
            self.id = id
            self.publicKey = publicKey
            self.signature = signature
        }
    }

    public let registrationID: UInt32
    public let identityKey: IdentityKey
    public let signedPreKey: SignedKey
    /// nil when the server had none left.
    public let preKey: OneTimeKey?

    public init(registrationID: UInt32, identityKey: IdentityKey, signedPreKey: SignedKey, preKey: OneTimeKey?) {
        self.registrationID = registrationID
        self.identityKey = identityKey
        self.signedPreKey = signedPreKey
        self.preKey = preKey
    }

    /// - Throws: `badSignature` unless the owner of the identity key signed the signed pre-key; `invalidPreKeyID` for a
    ///   one-time key with an id that means none.
    public func check() throws(SignalError) {
        if let id = self.preKey?.id, !PreKey.ids.contains(id) { throw .invalidPreKeyID(id) }
        try self.checkSignature()
    }

    private func checkSignature() throws(SignalError) {
        let isValid = try withSignalErrors { () throws(CryptoError) in
            try XEdDSA.isValid(
                self.signedPreKey.signature, of: self.signedPreKey.publicKey.serialized, by: self.identityKey.publicKey)
        }
        guard isValid else { throw .badSignature }
    }
}

extension PreKeyBundle {
    /// The bundle of this device's own keys, as a server would hand it out.
    public init(of identity: LocalIdentity, signedPreKey: SignedPreKey, preKey: PreKey?) {
        self.init(
            registrationID: identity.registrationID, identityKey: identity.identityKey,
            signedPreKey: SignedKey(
                id: signedPreKey.id, publicKey: signedPreKey.keyPair.publicKey, signature: signedPreKey.signature),
            preKey: preKey.map { OneTimeKey(id: $0.id, publicKey: $0.keyPair.publicKey) })
    }
}
