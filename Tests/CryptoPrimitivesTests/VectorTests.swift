import CryptoPrimitives
import SpoolTestSupport
import Testing

/// Every case that the vector files have for the primitives alone.
@Suite struct VectorTests {
    private struct SignalFile: Decodable {
        let x25519: [Agreement]
        let xeddsa: [Signature]
    }

    private struct MiscFile: Decodable {
        let hkdf_sha256: [Derivation]
    }

    private struct Agreement: Decodable {
        let a_private, a_public, b_private, b_public, shared: HexBytes
    }

    private struct Signature: Decodable {
        let message, `public`, signature: HexBytes
        let `private`, random: HexBytes?
        let valid: Bool
        let note: String?
    }

    private struct Derivation: Decodable {
        let ikm, info, okm, salt: HexBytes
        let length: Int
    }

    @Test func `X25519 agrees with the vectors from both sides`() throws {
        let cases = try Vectors.load("signal", as: SignalFile.self).x25519
        for vector in cases {
            let a = try KeyPair(PrivateKey(vector.a_private.bytes))
            let b = try KeyPair(PrivateKey(vector.b_private.bytes))
            #expect(a.publicKey.bytes == vector.a_public.bytes)
            #expect(b.publicKey.bytes == vector.b_public.bytes)
            #expect(try a.privateKey.agree(with: b.publicKey).exposed == vector.shared.bytes)
            #expect(try b.privateKey.agree(with: a.publicKey).exposed == vector.shared.bytes)
        }
        Vectors.report(cases.count, of: "x25519", in: "signal")
    }

    @Test func `XEdDSA verifies and signs as the vectors say`() throws {
        let cases = try Vectors.load("signal", as: SignalFile.self).xeddsa
        var signed = 0
        for vector in cases {
            let key = try PublicKey(vector.public.bytes)
            let isValid = try XEdDSA.isValid(vector.signature.bytes, of: vector.message.bytes, by: key)
            #expect(isValid == vector.valid, "\(vector.note ?? "no note"): \(vector.signature.bytes.hex)")
            guard let privateKey = vector.private, let random = vector.random else { continue }
            var generator = ScriptedGenerator(random.bytes)
            let signature = try XEdDSA.sign(
                vector.message.bytes, with: PrivateKey(privateKey.bytes), using: &generator)
            #expect(signature == vector.signature.bytes)
            signed += 1
        }
        Vectors.report(cases.count, of: "xeddsa", in: "signal")
        Vectors.report(signed, of: "xeddsa, signed with the random bytes given", in: "signal")
    }

    @Test func `HKDF gives the vectors' bytes`() throws {
        let cases = try Vectors.load("misc", as: MiscFile.self).hkdf_sha256
        for vector in cases {
            let salt = vector.salt.bytes.isEmpty ? nil : vector.salt.bytes
            let output = try HKDF.sha256(vector.ikm.bytes, salt: salt, info: vector.info.bytes, count: vector.length)
            #expect(output.exposed == vector.okm.bytes)
        }
        Vectors.report(cases.count, of: "hkdf_sha256", in: "misc")
    }
}
