import CryptoPrimitives

/// The key agreement that starts a session while one side is away (Signal, "The X3DH Key Agreement Protocol").
///
/// The secret is FF × 32 || DH(initiator's identity, signed pre-key) || DH(base key, responder's identity) ||
/// DH(base key, signed pre-key), and DH(base key, one-time pre-key) when there is one; HKDF with "WhisperText" makes
/// the first root and chain key of it.
enum X3DH {
    struct Secrets: Sendable, Equatable {
        let root: RootKey
        let chain: ChainKey
    }

    /// The side that has the other's bundle. The signature must have been checked.
    static func initiate(
        identity: IdentityKeyPair, baseKey: PrivateKey, with bundle: PreKeyBundle
    ) throws(SignalError) -> Secrets {
        try withSignalErrors { () throws(CryptoError) in
            var agreements = [
                try identity.keyPair.privateKey.agree(with: bundle.signedPreKey.publicKey),
                try baseKey.agree(with: bundle.identityKey.publicKey),
                try baseKey.agree(with: bundle.signedPreKey.publicKey),
            ]
            if let preKey = bundle.preKey { agreements.append(try baseKey.agree(with: preKey.publicKey)) }
            return try Self.secrets(from: agreements)
        }
    }

    /// The side whose pre-keys were used.
    static func respond(
        identity: IdentityKeyPair, preKeys: ResponderPreKeys, theirIdentity: IdentityKey, theirBaseKey: PublicKey
    ) throws(SignalError) -> Secrets {
        try withSignalErrors { () throws(CryptoError) in
            let signedPreKey = preKeys.signed.keyPair.privateKey
            var agreements = [
                try signedPreKey.agree(with: theirIdentity.publicKey),
                try identity.keyPair.privateKey.agree(with: theirBaseKey),
                try signedPreKey.agree(with: theirBaseKey),
            ]
            if let preKey = preKeys.oneTime {
                agreements.append(try preKey.keyPair.privateKey.agree(with: theirBaseKey))
            }
            return try Self.secrets(from: agreements)
        }
    }

    private static func secrets(from agreements: [SecretBytes]) throws(CryptoError) -> Secrets {
        let master = SecretBytes(count: 32 * (agreements.count + 1)) { master in
            UnsafeMutableRawBufferPointer(rebasing: master[..<32]).initializeMemory(as: UInt8.self, repeating: 0xFF)
            for (index, agreement) in agreements.enumerated() {
                agreement.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: master[(32 * (index + 1))...]).copyMemory(from: $0)
                }
            }
        }
        let output = try HKDF.sha256(master, info: Self.info, count: 64)
        return Secrets(root: RootKey(key: output[0..<32]), chain: ChainKey(key: output[32..<64], index: 0))
    }

    private static let info = Array("WhisperText".utf8)
}

/// Our own pre-keys that somebody's first message names.
struct ResponderPreKeys: Sendable {
    let signed: SignedPreKey
    let oneTime: PreKey?
}
