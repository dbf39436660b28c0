import CryptoPrimitives

/// The messages of one ratchet key of the other side: the next key, and the seeds of those passed over.
struct ReceiverChain: Sendable, Equatable {
    let ratchetKey: PublicKey
    var chainKey: ChainKey
    var skippedKeys = SkippedKeys()

    /// Opens a message of this chain. Changes nothing when it fails.
    mutating func open(
        _ message: SignalMessage, from sender: IdentityKey, to receiver: IdentityKey
    ) throws(SignalError) -> [UInt8] {
        guard message.counter >= self.chainKey.index else {
            return try self.openSkipped(message, from: sender, to: receiver)
        }
        let advance = try self.chainKey.advanced(to: message.counter)
        let keys = try MessageKeys(seed: advance.seed)
        let plaintext = try message.open(with: keys, from: sender, to: receiver)
        self.chainKey = advance.next
        self.skippedKeys.append(advance.skipped)
        return plaintext
    }

    private mutating func openSkipped(
        _ message: SignalMessage, from sender: IdentityKey, to receiver: IdentityKey
    ) throws(SignalError) -> [UInt8] {
        guard let seed = self.skippedKeys[message.counter] else {
            throw .duplicateMessage(counter: message.counter, chainIndex: self.chainKey.index)
        }
        let keys = try MessageKeys(seed: seed)
        let plaintext = try message.open(with: keys, from: sender, to: receiver)
        self.skippedKeys.remove(message.counter)
        return plaintext
    }
}
