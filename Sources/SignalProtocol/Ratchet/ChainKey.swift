import CryptoPrimitives

/// One step's key of a symmetric chain; sessions and sender keys use the same one.
///
/// The seed of a message's keys is HMAC(key, 01), the next key HMAC(key, 02) (Double Ratchet, 5.2). An older key cannot
/// be had from a newer one.
struct ChainKey: Sendable, Equatable {
    /// Keys of messages that may still come; a gap cannot be larger.
    static let largestGap: UInt32 = 2000

    let key: SecretBytes
    /// The counter of the message whose keys this key gives.
    let index: UInt32

    /// The seed of the message keys at this index.
    func seed() throws(SignalError) -> SecretBytes {
        try withSignalErrors { () throws(CryptoError) in try HMAC.secret(key: self.key, Self.seedByte) }
    }

    func next() throws(SignalError) -> ChainKey {
        guard self.index < .max else { throw .chainExhausted }
        let key = try withSignalErrors { () throws(CryptoError) in try HMAC.secret(key: self.key, Self.keyByte) }
        return ChainKey(key: key, index: self.index + 1)
    }

    private static let seedByte: [UInt8] = [0x01]
    private static let keyByte: [UInt8] = [0x02]
}

extension ChainKey {
    /// The way from one key to the one after a message.
    struct Advance {
        /// The seeds of the messages passed over, in their order.
        var skipped: [SkippedKeys.Entry] = []
        let seed: SecretBytes
        let next: ChainKey
    }

    /// Goes on to the message with this counter.
    /// - Throws: `tooFarAhead` when the gap before it is larger than 2000.
    func advanced(to counter: UInt32) throws(SignalError) -> Advance {
        guard counter >= self.index else { throw .duplicateMessage(counter: counter, chainIndex: self.index) }
        guard counter - self.index <= Self.largestGap else {
            throw .tooFarAhead(counter: counter, chainIndex: self.index)
        }
        var skipped: [SkippedKeys.Entry] = []
        var key = self
        while key.index < counter {
            skipped.append(SkippedKeys.Entry(counter: key.index, seed: try key.seed()))
            key = try key.next()
        }
        return Advance(skipped: skipped, seed: try key.seed(), next: try key.next())
    }
}
