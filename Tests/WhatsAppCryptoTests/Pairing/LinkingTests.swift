import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppProto

@testable import WhatsAppCrypto

/// Companion and phone with each other.
@Suite struct LinkingTests {
    private struct Pair {
        let companion: KeyPair
        let noise: KeyPair
        let phone: PrimaryIdentity
        let advSecret: SecretBytes
        let now: Date

        init(hosted: Bool, using generator: inout SeededGenerator) throws {
            self.companion = try KeyPair(using: &generator)
            self.noise = try KeyPair(using: &generator)
            self.phone = PrimaryIdentity(
                key: try KeyPair(using: &generator), rawID: UInt32.random(in: 0 ... .max, using: &generator),
                isHosted: hosted)
            self.advSecret = .random(count: 32, using: &generator)
            self.now = Date(timeIntervalSince1970: Double(Int.random(in: 0...2_000_000_000, using: &generator)))
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>) func `a companion is linked by QR text`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pair = try Pair(hosted: seed % 3 == 0, using: &generator)
        let keyIndex = UInt32.random(in: 0...200, using: &generator)

        let shown = PairingQRCode(
            reference: "2@REF", noiseKey: pair.noise.publicKey, identityKey: pair.companion.publicKey,
            advSecret: pair.advSecret, clientType: .chrome
        ).text
        let scanned = try PairingQRCode(shown)
        let offer = try pair.phone.link(scanned.identityKey, keyIndex: keyIndex, now: pair.now, using: &generator)
        let container = try offer.container(advSecret: scanned.advSecret)
        let linked = try DeviceIdentity(
            pairSuccess: container, advSecret: pair.advSecret, identity: pair.companion, using: &generator)
        #expect(linked.details.keyIndex == keyIndex, "seed \(seed)")
        #expect(linked.details.rawID == pair.phone.rawID, "seed \(seed)")
        #expect(linked.details.timestamp == UInt64(pair.now.timeIntervalSince1970), "seed \(seed)")
        #expect(linked.details.isAccountHosted == pair.phone.isHosted, "seed \(seed)")
        #expect(try offer.accept(linked.serializedReply()) == linked, "seed \(seed)")
        try linked.verify(for: pair.companion.publicKey)

        #expect(throws: PairSuccessRefusal.hmacMismatch, "an old secret, seed \(seed)") {
            try DeviceIdentity(
                pairSuccess: container, advSecret: .random(count: 32, using: &generator), identity: pair.companion,
                using: &generator)
        }
        #expect(throws: PairSuccessRefusal.accountSignatureMismatch, "another companion, seed \(seed)") {
            try DeviceIdentity(
                pairSuccess: container, advSecret: pair.advSecret, identity: pair.noise, using: &generator)
        }
    }

    @Test func `a companion is linked by code`() throws {
        var generator = SeededGenerator(seed: 77)
        let pair = try Pair(hosted: false, using: &generator)
        let reference = generator.bytes(count: 20)
        let companion = try CompanionCodePairing(code: PairingCode(using: &generator), using: &generator)
        let typed = try PairingCode(companion.code.displayText)
        let primary = try PrimaryCodePairing(code: typed, companion: companion.wrappedEphemeral, using: &generator)
        let hello = PrimaryHello(
            wrappedEphemeral: primary.wrappedEphemeral, identityKey: pair.phone.key.publicKey, reference: reference)
        let end = try companion.finish(
            answering: PrimaryHello(hello.node), reference: reference, identity: pair.companion, using: &generator)
        let advSecret = try primary.open(
            end.keyBundle, companion: pair.companion.publicKey, identity: pair.phone.key)
        #expect(advSecret == end.advSecret)

        let offer = try pair.phone.link(pair.companion.publicKey, keyIndex: 1, now: pair.now, using: &generator)
        let linked = try DeviceIdentity(
            pairSuccess: offer.container(advSecret: advSecret), advSecret: end.advSecret, identity: pair.companion,
            using: &generator)
        #expect(try offer.accept(linked.serializedReply()) == linked)
    }

    @Test func `the bytes are those of an independent computation`() throws {
        func key(_ byte: UInt8) throws -> KeyPair { try KeyPair(PrivateKey([UInt8](repeating: byte, count: 32))) }
        let random = [UInt8](repeating: 0xAA, count: 64)
        let phone = PrimaryIdentity(key: try key(9), rawID: 0x1234_5678)
        var generator = ScriptedGenerator(random)
        let offer = try phone.link(
            key(7).publicKey, keyIndex: 1, now: Date(timeIntervalSince1970: 1_700_000_000), using: &generator)
        let advSecret = SecretBytes([UInt8](repeating: 0x55, count: 32))
        let container = try offer.container(advSecret: advSecret)
        #expect(
            container.hex
                == "0a780a1208f8acd191011080e2cfaa06180120002800122057db4b359f23ae5e146e4e2512056704722506348c150c14753d"
                + "0c933d04d4211a403ef79877acf838c873d0e83d02221d9bc972acb429d84ff7a342100b24b0456d305acfbf7412e1e52a93"
                + "7f57f5a74d5270c80c5d56bd5d9948b480472cc98a861220cb600e9a20d860e1f78a58e166152e52e19852cc4b568b208a82"
                + "1a3c92c917d21800")
        generator = ScriptedGenerator(random)
        let linked = try DeviceIdentity(
            pairSuccess: container, advSecret: advSecret, identity: key(7), using: &generator)
        #expect(
            linked.deviceSignature.hex
                == "26d9cb76503be107199785cb4352e67b30bd695a4f2c67f74d319d060ee864a9edc553d16543366dea4d36b38caa1edf4201"
                + "4093eefe4106580aa103fe7c5606")
    }

    @Test func `every flipped bit of a pair-success is refused`() throws {
        var generator = SeededGenerator(seed: 21)
        let pair = try Pair(hosted: false, using: &generator)
        let container = try pair.phone.link(
            pair.companion.publicKey, keyIndex: 1, now: pair.now, using: &generator
        ).container(advSecret: pair.advSecret)
        // The last two bytes are the type of the account, which has meaning only as a whole.
        for index in container.indices.dropLast(2) {
            var altered = container
            altered[index] ^= 1 << UInt8(index % 8)
            #expect(throws: PairSuccessRefusal.self, "byte \(index)") {
                try DeviceIdentity(
                    pairSuccess: altered, advSecret: pair.advSecret, identity: pair.companion, using: &generator)
            }
        }
        var hosted = container
        hosted[hosted.count - 1] = 1
        #expect(throws: PairSuccessRefusal.hmacMismatch) {
            try DeviceIdentity(
                pairSuccess: hosted, advSecret: pair.advSecret, identity: pair.companion, using: &generator)
        }
    }

    @Test func `what only the phone itself can get wrong has its own refusal`() throws {
        var generator = SeededGenerator(seed: 22)
        let pair = try Pair(hosted: false, using: &generator)
        func refusal(_ identity: [UInt8]) throws -> PairSuccessRefusal? {
            var message = WAADVSignedDeviceIdentityHMAC()
            message.details = Data(identity)
            message.hmac = Data(try HMAC.sha256(key: pair.advSecret, identity))
            let container: [UInt8] = try message.serializedBytes()
            return #expect(throws: PairSuccessRefusal.self) {
                try DeviceIdentity(
                    pairSuccess: container, advSecret: pair.advSecret, identity: pair.companion, using: &generator)
            }
        }
        func identity(key: Int, signature: Int, details: [UInt8] = []) throws -> [UInt8] {
            var message = WAADVSignedDeviceIdentity()
            message.details = Data(details)
            message.accountSignatureKey = Data(count: key)
            message.accountSignature = Data(count: signature)
            return try message.serializedBytes()
        }
        #expect(try refusal([0xFF]) == .malformedIdentity)
        #expect(try refusal(identity(key: 32, signature: 64, details: [0xFF])) == .malformedDetails)
        #expect(try refusal(identity(key: 31, signature: 64)) == .wrongAccountKeySize(actual: 31))
        #expect(try refusal(identity(key: 32, signature: 65)) == .wrongAccountSignatureSize(actual: 65))
        #expect(try refusal(identity(key: 32, signature: 64)) == .accountSignatureMismatch)
        #expect(try refusal([]) == .wrongAccountSignatureSize(actual: 0))
    }

    @Test func `a phone refuses a reply that is not what it has signed`() throws {
        var generator = SeededGenerator(seed: 23)
        let pair = try Pair(hosted: false, using: &generator)
        let offer = try pair.phone.link(pair.companion.publicKey, keyIndex: 1, now: pair.now, using: &generator)
        let linked = try DeviceIdentity(
            pairSuccess: offer.container(advSecret: pair.advSecret), advSecret: pair.advSecret,
            identity: pair.companion, using: &generator)
        #expect(throws: WhatsAppCryptoError.deviceIdentityChanged) { try offer.accept(linked.serialized()) }
        #expect(throws: WhatsAppCryptoError.malformedDeviceIdentity) { try offer.accept([0xFF]) }
        let reply = try linked.serializedReply()
        for index in reply.indices {
            var altered = reply
            altered[index] ^= 4
            #expect(throws: WhatsAppCryptoError.self, "byte \(index)") { try offer.accept(altered) }
        }
    }

    @Test func `a device identity beside a message is verified in both directions`() throws {
        var generator = SeededGenerator(seed: 24)
        let pair = try Pair(hosted: false, using: &generator)
        let offer = try pair.phone.link(pair.companion.publicKey, keyIndex: 1, now: pair.now, using: &generator)
        let linked = try DeviceIdentity(
            pairSuccess: offer.container(advSecret: pair.advSecret), advSecret: pair.advSecret,
            identity: pair.companion, using: &generator)
        #expect(throws: WhatsAppCryptoError.deviceIdentityNotAuthentic(.account)) {
            try linked.verify(for: pair.noise.publicKey)
        }
        var signature = linked.deviceSignature
        signature[5] ^= 1
        let forged = try DeviceIdentity(
            signedDetails: linked.signedDetails, accountKey: linked.accountKey,
            accountSignature: linked.accountSignature, deviceSignature: signature)
        #expect(throws: WhatsAppCryptoError.deviceIdentityNotAuthentic(.device)) {
            try forged.verify(for: pair.companion.publicKey)
        }
        #expect(throws: WhatsAppCryptoError.malformedDeviceIdentity) {
            try DeviceIdentity(serialized: linked.serializedReply())
        }
    }

    @Test(arguments: [false, true]) func `a provider's prefix counts for its own devices only`(hosted: Bool) throws {
        var generator = SeededGenerator(seed: 25)
        let pair = try Pair(hosted: hosted, using: &generator)
        let offer = try pair.phone.link(pair.companion.publicKey, keyIndex: 1, now: pair.now, using: &generator)
        let message = DeviceIdentity.deviceSigned(offer.details, pair.companion.publicKey, offer.accountKey)
        let identity = try DeviceIdentity(
            signedDetails: offer.details, accountKey: offer.accountKey, accountSignature: offer.accountSignature,
            deviceSignature: XEdDSA.sign(
                ADVPrefix.hostedDevice + message, with: pair.companion.privateKey, using: &generator))
        if hosted {
            try identity.verify(for: pair.companion.publicKey)
        } else {
            #expect(throws: WhatsAppCryptoError.deviceIdentityNotAuthentic(.device)) {
                try identity.verify(for: pair.companion.publicKey)
            }
        }
    }

    @Test func `a key index list reads back and every flipped byte is refused`() throws {
        var generator = SeededGenerator(seed: 26)
        let pair = try Pair(hosted: true, using: &generator)
        let bytes = try pair.phone.keyIndexList(
            currentIndex: 300, validIndexes: [0, 2, 300], now: pair.now, using: &generator)
        let list = try KeyIndexList(serialized: bytes)
        #expect(list.rawID == pair.phone.rawID)
        #expect(list.timestamp == UInt64(pair.now.timeIntervalSince1970))
        #expect(list.currentIndex == 300)
        #expect(list.validIndexes == [0, 2, 300])
        #expect(list.isAccountHosted)
        #expect(list.accountKey == pair.phone.key.publicKey)
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 1
            #expect(throws: WhatsAppCryptoError.self, "byte \(index)") { try KeyIndexList(serialized: altered) }
        }
    }

    @Test func `random and altered bytes give a value or an error`() throws {
        for seed in UInt64(0)..<300 {
            var generator = SeededGenerator(seed: seed)
            var bytes = generator.bytes(count: Int.random(in: 0...200, using: &generator))
            if seed % 2 == 0 {
                let vectors = try PairingVectors.file.get().pair_success.filter(\.valid)
                let vector = try #require(vectors.randomElement(using: &generator))
                bytes =
                    try #require([vector.device_identity_hmac, vector.stored_account].randomElement(using: &generator))
                    .map(\.bytes) ?? []
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let identity = try KeyPair(PrivateKey([UInt8](repeating: 1, count: 32)))
            let secret = SecretBytes([UInt8](repeating: 1, count: 32))
            #expect(throws: PairSuccessRefusal.self, "seed \(seed)") {
                try DeviceIdentity(pairSuccess: bytes, advSecret: secret, identity: identity, using: &generator)
            }
            #expect(throws: WhatsAppCryptoError.self, "seed \(seed)") { try KeyIndexList(serialized: bytes) }
            if let read = try? DeviceIdentity(serialized: bytes) {
                #expect(try DeviceIdentity(serialized: read.serialized()) == read, "seed \(seed)")
            }
        }
    }
}
