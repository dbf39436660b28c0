import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppBinary
import WhatsAppProto

@testable import WhatsAppCrypto

/// Every case of the vectors of linking by QR text.
@Suite struct PairingVectorTests {
    @Test func `QR texts are those of the vectors and read back`() throws {
        let cases = try PairingVectors.file.get().qr
        for vector in cases {
            let code = PairingQRCode(
                reference: vector.ref, noiseKey: try PublicKey(vector.noise_public.bytes),
                identityKey: try PublicKey(vector.identity_public.bytes),
                advSecret: SecretBytes(vector.adv_secret.bytes),
                clientType: try #require(CompanionClientType(rawValue: vector.client_type)))
            #expect(code.text == vector.qr)
            #expect(try PairingQRCode(vector.qr) == code)
            #expect(try PairingQRCode(String(vector.qr.dropFirst(PairingQRCode.linkPrefix.count))) == code)
        }
        Vectors.report(cases.count, of: "qr", in: "pairing")
    }

    @Test func `valid pair-successes of the vectors give the identity and the reply`() throws {
        let cases = try PairingVectors.file.get().pair_success.filter(\.valid)
        for vector in cases {
            let identity = try vector.companion_identity.pair()
            var generator = ScriptedGenerator(try #require(vector.device_signature_random).bytes)
            let linked = try DeviceIdentity(
                pairSuccess: vector.device_identity_hmac.bytes, advSecret: SecretBytes(vector.adv_secret.bytes),
                identity: identity, using: &generator)
            #expect(generator.isUsedUp)
            try Self.check(linked, against: vector)

            #expect(try linked.serialized() == vector.stored_account?.bytes, "\(vector.name)")
            #expect(try linked.serializedReply() == vector.reply_device_identity?.bytes, "\(vector.name)")
            let reply = try linked.reply(to: vector.request_id)
            #expect(try reply == vector.reply.node(), "\(vector.name)")
            #expect(try NodeEncoder.encode(reply).hex == vector.reply_encoded.bytes.hex, "\(vector.name)")
            #expect(
                reply.child("pair-device-sign")?.child("device-identity")?.string("key-index") == vector.reply_key_index
            )

            #expect(try DeviceIdentity(serialized: linked.serialized()) == linked, "\(vector.name)")
            try linked.verify(for: identity.publicKey)
        }
        Vectors.report(cases.count, of: "pair_success (valid)", in: "pairing")
    }

    private static func check(_ linked: DeviceIdentity, against vector: PairingVectors.PairSuccess) throws {
        let comment: Comment = "\(vector.name)"
        #expect(linked.signedDetails == vector.device_identity_details?.bytes, comment)
        #expect(linked.accountSignature == vector.account_signature?.bytes, comment)
        #expect(linked.deviceSignature == vector.device_signature?.bytes, comment)
        #expect(linked.accountKey.bytes == vector.account_key.public.bytes, comment)
        #expect(linked.details.rawID == vector.raw_id, comment)
        #expect(linked.details.keyIndex == vector.key_index, comment)
        #expect(linked.details.timestamp == vector.timestamp, comment)
        #expect(linked.details.isDeviceHosted == vector.hosted, comment)
        let companion = try PublicKey(vector.companion_identity.public.bytes)
        #expect(
            DeviceIdentity.accountSigned(linked.signedDetails, companion, hosted: vector.hosted)
                == vector.account_signed_message?.bytes, comment)
        #expect(
            ADVPrefix.device + DeviceIdentity.deviceSigned(linked.signedDetails, companion, linked.accountKey)
                == vector.device_signed_message?.bytes, comment)

        let container = try WAADVSignedDeviceIdentityHMAC(serializedBytes: vector.device_identity_hmac.bytes)
        #expect(Array(container.details) == vector.signed_device_identity?.bytes, comment)
    }

    @Test func `invalid pair-successes of the vectors are refused with their code and text`() throws {
        let refusals: [String: PairSuccessRefusal] = [
            "container-garbage": .malformedContainer,
            "account-signature-short": .wrongAccountSignatureSize(actual: 63),
            "account-signature-missing": .wrongAccountSignatureSize(actual: 0),
        ]
        let cases = try PairingVectors.file.get().pair_success.filter { !$0.valid }
        for vector in cases {
            let usual: PairSuccessRefusal =
                vector.error_text == "hmac-mismatch" ? .hmacMismatch : .accountSignatureMismatch
            let refusal = refusals[vector.name] ?? usual
            var generator = SeededGenerator(seed: 1)
            #expect(throws: refusal, "\(vector.name)") {
                try DeviceIdentity(
                    pairSuccess: vector.device_identity_hmac.bytes, advSecret: SecretBytes(vector.adv_secret.bytes),
                    identity: vector.companion_identity.pair(), using: &generator)
            }
            #expect(String(refusal.code) == vector.error_code, "\(vector.name)")
            #expect(refusal.text == vector.error_text, "\(vector.name)")
            let reply = refusal.reply(to: vector.request_id)
            #expect(try reply == vector.reply.node(), "\(vector.name)")
            #expect(try NodeEncoder.encode(reply).hex == vector.reply_encoded.bytes.hex, "\(vector.name)")
        }
        Vectors.report(cases.count, of: "pair_success (invalid)", in: "pairing")
    }

    @Test func `a hosted account signs and authenticates as in the vectors`() throws {
        let vector = try #require(try PairingVectors.file.get().pair_success.first { $0.hosted && $0.valid })
        let signature = try #require(vector.account_signature).bytes
        let offer = LinkOffer(
            companion: try PublicKey(vector.companion_identity.public.bytes),
            details: try #require(vector.device_identity_details).bytes,
            accountKey: try PublicKey(vector.account_key.public.bytes), accountSignature: signature, isHosted: true)
        let container = try offer.container(advSecret: SecretBytes(vector.adv_secret.bytes))
        #expect(container.hex == vector.device_identity_hmac.bytes.hex)
        #expect(try offer.accept(#require(vector.reply_device_identity).bytes).details.keyIndex == vector.key_index)
    }
}
