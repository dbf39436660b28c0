import CryptoPrimitives

/// One sender key: a chain for the messages of one sender to one group, and the key they are signed with.
struct SenderKeyState: Sendable, Equatable {
    let keyID: UInt32
    var chainKey: ChainKey
    let signingKey: PublicKey
    /// nil when the key is another's.
    let signingPrivateKey: PrivateKey?
    var skippedKeys = SkippedKeys()

    /// A fresh key of our own. Draws the signing key (32 bytes), the id (31 bits of one number), the chain key (32).
    init(using generator: inout some RandomNumberGenerator) throws(SignalError) {
        let signingKeyPair = try KeyPair.fresh(using: &generator)
        self.keyID = UInt32(truncatingIfNeeded: generator.next()) & 0x7FFF_FFFF
        self.chainKey = ChainKey(key: SecretBytes.random(count: 32, using: &generator), index: 0)
        self.signingKey = signingKeyPair.publicKey
        self.signingPrivateKey = signingKeyPair.privateKey
    }

    init(
        keyID: UInt32, chainKey: ChainKey, signingKey: PublicKey, signingPrivateKey: PrivateKey?,
        skippedKeys: SkippedKeys = SkippedKeys()
    ) {
        self.keyID = keyID
        self.chainKey = chainKey
        self.signingKey = signingKey
        self.signingPrivateKey = signingPrivateKey
        self.skippedKeys = skippedKeys
    }

    mutating func encrypt(
        _ plaintext: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(SignalError) -> [UInt8] {
        guard let signingPrivateKey = self.signingPrivateKey else { throw .noSenderKey(id: nil) }
        let keys = try SenderMessageKeys(seed: try self.chainKey.seed())
        let next = try self.chainKey.next()
        let message = try SenderKeyMessage.seal(
            plaintext, with: keys, keyID: self.keyID, iteration: self.chainKey.index, signedBy: signingPrivateKey,
            using: &generator)
        self.chainKey = next
        return message
    }

    mutating func decrypt(_ message: SenderKeyMessage) throws(SignalError) -> [UInt8] {
        try message.checkSignature(by: self.signingKey)
        // Checked before the steps to it, or a member could have us make them for nothing again and again.
        guard !message.ciphertext.isEmpty, message.ciphertext.count.isMultiple(of: 16) else {
            throw .invalidCiphertext
        }
        guard message.iteration >= self.chainKey.index else { return try self.decryptSkipped(message) }
        let advance = try self.chainKey.advanced(to: message.iteration)
        let plaintext = try SenderMessageKeys(seed: advance.seed).decrypt(message.ciphertext)
        self.chainKey = advance.next
        self.skippedKeys.append(advance.skipped)
        return plaintext
    }

    private mutating func decryptSkipped(_ message: SenderKeyMessage) throws(SignalError) -> [UInt8] {
        guard let seed = self.skippedKeys[message.iteration] else {
            throw .duplicateMessage(counter: message.iteration, chainIndex: self.chainKey.index)
        }
        let plaintext = try SenderMessageKeys(seed: seed).decrypt(message.ciphertext)
        self.skippedKeys.remove(message.iteration)
        return plaintext
    }
}
