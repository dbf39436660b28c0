import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct X3DHTests {
    @Test func `both sides agree on the vectors' secrets, chains and message keys`() throws {
        let cases = try Vectors.load("signal", as: SignalVectors.self).x3dh
        for vector in cases {
            let expected = X3DH.Secrets(
                root: RootKey(key: SecretBytes(vector.root_key.bytes)),
                chain: ChainKey(key: SecretBytes(vector.chain_key.bytes), index: 0))
            #expect(try Self.initiate(vector) == expected)
            #expect(try Self.respond(vector) == expected)
            #expect(try Self.agreements(vector) == vector.master_secret.bytes)
            let step = try expected.root.step(
                vector.alice_ratchet.keyPair.privateKey, try vector.bob_signed_prekey.keyPair.publicKey)
            #expect(step.root.key.exposed == vector.first_ratchet.root_key.bytes)
            #expect(step.chain.key.exposed == vector.first_ratchet.chain_key.bytes)
            try Self.check(vector.first_chain_message_keys, from: step.chain)
        }
        Vectors.report(cases.count, of: "x3dh", in: "signal")
    }

    private static func initiate(_ vector: SignalVectors.Agreement) throws -> X3DH.Secrets {
        let bundle = PreKeyBundle(
            registrationID: 1, identityKey: IdentityKey(try vector.bob_identity.keyPair.publicKey),
            signedPreKey: PreKeyBundle.SignedKey(
                id: 1, publicKey: try vector.bob_signed_prekey.keyPair.publicKey, signature: []),
            preKey: try vector.bob_one_time_prekey.map {
                PreKeyBundle.OneTimeKey(id: 2, publicKey: try $0.keyPair.publicKey)
            })
        return try X3DH.initiate(
            identity: IdentityKeyPair(vector.alice_identity.keyPair), baseKey: vector.alice_base.keyPair.privateKey,
            with: bundle)
    }

    private static func respond(_ vector: SignalVectors.Agreement) throws -> X3DH.Secrets {
        let preKeys = ResponderPreKeys(
            signed: SignedPreKey(id: 1, keyPair: try vector.bob_signed_prekey.keyPair, signature: []),
            oneTime: try vector.bob_one_time_prekey.map { PreKey(id: 2, keyPair: try $0.keyPair) })
        return try X3DH.respond(
            identity: IdentityKeyPair(vector.bob_identity.keyPair), preKeys: preKeys,
            theirIdentity: IdentityKey(vector.alice_identity.keyPair.publicKey),
            theirBaseKey: vector.alice_base.keyPair.publicKey)
    }

    private static func agreements(_ vector: SignalVectors.Agreement) throws -> [UInt8] {
        let base = try vector.alice_base.keyPair.privateKey
        let signedPreKey = try vector.bob_signed_prekey.keyPair.publicKey
        let first = try vector.alice_identity.keyPair.privateKey.agree(with: signedPreKey)
        let second = try base.agree(with: vector.bob_identity.keyPair.publicKey)
        let third = try base.agree(with: signedPreKey)
        let fourth = try vector.bob_one_time_prekey.map { try base.agree(with: $0.keyPair.publicKey) }
        #expect(first.exposed == vector.dh1_ia_spk.bytes)
        #expect(second.exposed == vector.dh2_base_ib.bytes)
        #expect(third.exposed == vector.dh3_base_spk.bytes)
        #expect(fourth?.exposed == vector.dh4_base_opk?.bytes)
        let prefix = [UInt8](repeating: 0xFF, count: 32)
        return prefix + first.exposed + second.exposed + third.exposed + (fourth?.exposed ?? [])
    }

    private static func check(_ vectors: [SignalVectors.MessageKey], from first: ChainKey) throws {
        var chainKey = first
        for vector in vectors {
            #expect(chainKey.index == vector.counter)
            #expect(chainKey.key.exposed == vector.chain_key?.bytes)
            #expect(try MessageKeys(seed: chainKey.seed()).bytes.exposed == vector.bytes)
            chainKey = try chainKey.next()
        }
    }

    @Test func `a key of small order starts no session`() throws {
        var generator = SeededGenerator(seed: 1)
        let identity = try IdentityKeyPair(using: &generator)
        let base = PrivateKey(using: &generator)
        let zero = try PublicKey([UInt8](repeating: 0, count: 32))
        let bundle = PreKeyBundle(
            registrationID: 1, identityKey: IdentityKey(zero),
            signedPreKey: PreKeyBundle.SignedKey(id: 1, publicKey: zero, signature: []), preKey: nil)
        #expect(throws: SignalError.invalidKey) {
            try X3DH.initiate(identity: identity, baseKey: base, with: bundle)
        }
    }
}

extension SignalVectors.MessageKey {
    /// As `MessageKeys` holds them.
    var bytes: [UInt8] { self.cipher_key.bytes + self.mac_key.bytes + self.iv.bytes }
}
