import CryptoPrimitives
import SpoolTestSupport
import Testing

/// The parts of `noise.json`.
struct NoiseVectors: Decodable {
    struct Keys: Decodable {
        let `private`, `public`: HexBytes

        func pair() throws -> KeyPair {
            let pair = try KeyPair(PrivateKey(self.private.bytes))
            try #require(pair.publicKey.bytes == self.public.bytes)
            return pair
        }
    }

    struct Certificate: Decodable {
        let serial, issuer_serial: UInt32
        let key, details, signature: HexBytes
        let not_before, not_after: UInt64
    }

    struct Certificates: Decodable {
        let leaf, intermediate: Certificate
    }

    struct Step: Decodable {
        let side, op: String
        let hash, chaining_key, cipher_key: HexBytes
        let counter: UInt64
        let plaintext, ciphertext: HexBytes?
    }

    struct Frame: Decodable {
        let counter: UInt64
        let iv, plaintext, ciphertext, frame: HexBytes
    }

    struct Transport: Decodable {
        let client_write_key, client_read_key: HexBytes
        let client_to_server, server_to_client: [Frame]
    }

    struct Transcript: Decodable {
        let name: String
        let header, pattern, cert_chain, client_payload: HexBytes
        let cert: Certificates
        let client_static, client_ephemeral, server_static, server_ephemeral: Keys
        let client_hello, server_hello, client_finish: HexBytes
        let wire_client_hello, wire_server_hello, wire_client_finish: HexBytes
        let steps: [Step]
        let transport: Transport
    }

    struct CertificateCase: Decodable {
        let name: String
        let cert_chain, server_static_public: HexBytes
        let valid: Bool
        let parsed: Certificates?
    }

    let test_root, test_intermediate: Keys
    let transcripts: [Transcript]
    let certificates: [CertificateCase]

    static func load() throws -> NoiseVectors {
        try Vectors.load("noise")
    }
}
