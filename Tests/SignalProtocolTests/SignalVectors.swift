import CryptoPrimitives
import SpoolTestSupport

@testable import SignalProtocol

/// The shape of `signal.json`; private keys are clamped, public keys have 32 bytes.
struct SignalVectors: Decodable {
    let x3dh: [Agreement]
    let bundles: [Bundle]
    let conversations: [Conversation]

    struct Pair: Decodable {
        let `private`, `public`: HexBytes

        var keyPair: KeyPair {
            get throws { try KeyPair(PrivateKey(self.private.bytes)) }
        }
    }

    struct Agreement: Decodable {
        let alice_base, alice_identity, alice_ratchet, bob_identity, bob_signed_prekey: Pair
        let bob_one_time_prekey: Pair?
        let dh1_ia_spk, dh2_base_ib, dh3_base_spk: HexBytes
        let dh4_base_opk: HexBytes?
        let master_secret, root_key, chain_key: HexBytes
        let first_ratchet: FirstRatchet
        let first_chain_message_keys: [MessageKey]
    }

    struct FirstRatchet: Decodable {
        let root_key, chain_key: HexBytes
    }

    struct MessageKey: Decodable {
        let counter: UInt32
        let chain_key: HexBytes?
        let cipher_key, mac_key, iv: HexBytes
    }

    struct Bundle: Decodable {
        let name: String?
        let valid: Bool?
        let registration_id: UInt32?
        let identity: HexBytes
        let prekey: BundleKey?
        let signed_prekey: BundleKey

        var bundle: PreKeyBundle {
            get throws {
                PreKeyBundle(
                    registrationID: self.registration_id ?? 0,
                    identityKey: IdentityKey(try PublicKey(self.identity.bytes)),
                    signedPreKey: PreKeyBundle.SignedKey(
                        id: self.signed_prekey.id, publicKey: try PublicKey(self.signed_prekey.public.bytes),
                        signature: self.signed_prekey.signature?.bytes ?? []),
                    preKey: try self.prekey.map {
                        PreKeyBundle.OneTimeKey(id: $0.id, publicKey: try PublicKey($0.public.bytes))
                    })
            }
        }
    }

    struct BundleKey: Decodable {
        let id: UInt32
        let `public`: HexBytes
        let signature: HexBytes?
    }

    struct Conversation: Decodable {
        let name: String
        let parties: [Party]
        let ops: [Operation]
    }

    struct Party: Decodable {
        struct Key: Decodable {
            let id: UInt32
            let `private`, `public`: HexBytes
            let signature: HexBytes?
        }

        let name: String
        let device, registration_id: UInt32
        let identity: Pair
        let signed_prekey: Key
        let one_time_prekeys: [Key]
    }

    struct Operation: Decodable {
        enum Verb: String, Decodable {
            case build_session, encrypt, decrypt
        }

        let op: Verb
        let actor, peer: String
        let id, note: String?
        let bundle: Bundle?
        let base_private, ratchet_private, new_ratchet_private: HexBytes?
        let plaintext, serialized: HexBytes?
        let type: String?
        let signal_message: Message?
        let prekey_message: PreKeyMessage?
        let consumed_prekey_id: UInt32?
        let expect: String?
        let state_after: State?
    }

    struct Message: Decodable {
        let counter, previous_counter: UInt32
        let ratchet_key, ciphertext: HexBytes
    }

    struct PreKeyMessage: Decodable {
        let base_key, identity_key: HexBytes
        let registration_id, signed_prekey_id: UInt32
        let prekey_id: UInt32?
    }

    struct State: Decodable {
        struct SenderChain: Decodable {
            let chain_key, ratchet_private, ratchet_public: HexBytes
            let index: UInt32
        }

        struct ReceiverChain: Decodable {
            let chain_key, ratchet_public: HexBytes
            let index: UInt32
            let skipped: [MessageKey]?
            let skipped_count: Int?
        }

        struct Pending: Decodable {
            let base_key: HexBytes
            let prekey_id: UInt32?
            let signed_prekey_id: UInt32
        }

        let archived_sessions: Int
        let base_key, remote_identity, root_key: HexBytes
        let pending_prekey: Pending?
        let previous_counter: Int64
        let receiver_chains: [ReceiverChain]
        let sender_chain: SenderChain
    }
}
