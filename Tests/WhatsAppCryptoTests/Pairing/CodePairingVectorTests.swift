import CryptoPrimitives
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppCrypto

/// Every case of the vectors of linking by code, both sides.
@Suite struct CodePairingVectorTests {
    @Test func `codes are those of the vectors`() throws {
        let cases = try PairingVectors.file.get().code_encoding
        for vector in cases {
            let code = try PairingCode(bytes: vector.bytes.bytes)
            #expect(code.password.exposed == Array(vector.code.utf8))
            #expect(try PairingCode(vector.code) == code)
            #expect(try PairingCode(code.displayText) == code)
            var generator = ScriptedGenerator(vector.bytes.bytes)
            #expect(PairingCode(using: &generator) == code)
        }
        Vectors.report(cases.count, of: "code_encoding", in: "pairing")
    }

    // Each case takes four derivations of 50 ms, so the cases run side by side.
    @Test(arguments: 0..<3) func `both sides compute what the vectors say`(index: Int) throws {
        let cases = try PairingVectors.file.get().pairing_code
        #expect(cases.count == 3)
        let vector = cases[index]
        let code = try PairingCode(bytes: vector.code_bytes.bytes)
        #expect(code.displayText == vector.display_code)
        let reference = Array(vector.pairing_ref.utf8)
        let (identity, primaryIdentity) = (try vector.identity.pair(), try vector.primary_identity.pair())

        var random = ScriptedGenerator(
            vector.companion_ephemeral.private.bytes, vector.companion_salt.bytes, vector.companion_iv.bytes)
        let companion = try CompanionCodePairing(code: code, using: &random)
        #expect(random.isUsedUp)
        #expect(companion.wrappedEphemeral.hex == vector.wrapped_companion_ephemeral.bytes.hex)

        random = ScriptedGenerator(
            vector.primary_ephemeral.private.bytes, vector.primary_salt.bytes, vector.primary_iv.bytes)
        let primary = try PrimaryCodePairing(code: code, companion: companion.wrappedEphemeral, using: &random)
        #expect(random.isUsedUp)
        #expect(primary.wrappedEphemeral.hex == vector.wrapped_primary_ephemeral.bytes.hex)

        let hello = try PrimaryHello(#require(vector.primary_hello_notification.node().children.first))
        #expect(hello.reference == reference)
        #expect(hello.identityKey == primaryIdentity.publicKey)
        random = ScriptedGenerator(
            vector.adv_random.bytes, vector.key_bundle_salt.bytes, vector.key_bundle_nonce.bytes)
        let end = try companion.finish(answering: hello, reference: reference, identity: identity, using: &random)
        #expect(random.isUsedUp)
        #expect(end.keyBundle.hex == vector.wrapped_key_bundle.bytes.hex)
        #expect(end.advSecret.exposed.hex == vector.adv_secret.bytes.hex)

        let advSecret = try primary.open(end.keyBundle, companion: identity.publicKey, identity: primaryIdentity)
        #expect(advSecret == end.advSecret)

        let wrong = try PrimaryHello(#require(vector.wrong_ref_notification.node().children.first))
        #expect(throws: WhatsAppCryptoError.wrongPairingReference) {
            try companion.finish(answering: wrong, reference: reference, identity: identity, using: &random)
        }
        if index == 0 { Vectors.report(cases.count, of: "pairing_code", in: "pairing") }
    }

    @Test func `the parts between are those of the vectors`() throws {
        for vector in try PairingVectors.file.get().pairing_code {
            let ephemeral = try vector.companion_ephemeral.pair().privateKey
                .agreePairing(with: vector.primary_ephemeral.pair().publicKey)
            #expect(ephemeral.exposed == vector.ephemeral_shared_secret.bytes)
            let identity = try vector.identity.pair().privateKey
                .agreePairing(with: vector.primary_identity.pair().publicKey)
            #expect(identity.exposed == vector.identity_shared_secret.bytes)
            let bundle = try KeyBundle(sealed: vector.wrapped_key_bundle.bytes, sharedSecret: ephemeral)
            #expect(
                bundle.companion.bytes + bundle.primary.bytes + bundle.random.exposed
                    == vector.key_bundle_plaintext.bytes)
        }
    }

    @Test func `stanzas are those of the vectors and read back`() throws {
        for vector in try PairingVectors.file.get().pairing_code {
            let phone = try JID(phoneToPair: vector.phone)
            #expect(phone.description == vector.normalized_jid)
            let noiseKey = try PublicKey(vector.noise.public.bytes)
            let hello = CompanionHello(
                phone: phone, wrappedEphemeral: vector.wrapped_companion_ephemeral.bytes, noiseKey: noiseKey,
                clientType: .chrome, displayName: "Chrome (Linux)")
            #expect(try hello.node.sorted == vector.companion_hello.content.node().sorted)
            #expect(try CompanionHello(vector.companion_hello.content.node()) == hello)

            let finish = CompanionFinish(
                phone: phone, keyBundle: vector.wrapped_key_bundle.bytes,
                identityKey: try PublicKey(vector.identity.public.bytes), reference: Array(vector.pairing_ref.utf8))
            #expect(try finish.node.sorted == vector.companion_finish.content.node().sorted)
            #expect(try CompanionFinish(vector.companion_finish.content.node()) == finish)

            let answer = try #require(vector.primary_hello_notification.node().children.first)
            #expect(try PrimaryHello(answer).node.sorted == answer.sorted)
            #expect(try PrimaryHello(PrimaryHello(answer).node) == PrimaryHello(answer))
        }
    }
}
