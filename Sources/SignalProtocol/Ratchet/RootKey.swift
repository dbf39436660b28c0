import CryptoPrimitives

/// The key a session's chains come from; each new ratchet key of either side turns it on by one.
struct RootKey: Sendable, Equatable {
    let key: SecretBytes

    /// The next root key and a fresh chain, from the agreement of our and their ratchet keys (Double Ratchet, 5.2).
    func step(_ ours: PrivateKey, _ theirs: PublicKey) throws(SignalError) -> (root: RootKey, chain: ChainKey) {
        let output = try withSignalErrors { () throws(CryptoError) in
            try HKDF.sha256(try ours.agree(with: theirs), salt: self.key, info: Self.info, count: 64)
        }
        return (RootKey(key: output[0..<32]), ChainKey(key: output[32..<64], index: 0))
    }

    private static let info = Array("WhisperRatchet".utf8)
}
