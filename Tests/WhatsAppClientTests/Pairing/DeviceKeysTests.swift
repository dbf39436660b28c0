import CryptoPrimitives
import SignalProtocol
import SpoolTestSupport
import Testing

@testable import WhatsAppClient

@Suite struct DeviceKeysTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `fresh keys are what a registration wants`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let keys = try DeviceKeys(using: &generator)
        #expect(1...16_380 ~= keys.identity.registrationID, "seed \(seed)")
        #expect(keys.signedPreKey.id == 1 && keys.advSecret.count == 32)
        let signed = [5] + keys.signedPreKey.keyPair.publicKey.bytes
        #expect(
            try XEdDSA.isValid(
                keys.signedPreKey.signature, of: signed, by: keys.identity.identityKey.publicKey), "seed \(seed)")
        let registration = try keys.registration()
        #expect(registration.identityKey == keys.identity.identityKey.publicKey)
        #expect(registration.registrationID == keys.identity.registrationID)
    }

    @Test func `no two devices share a key`() throws {
        var generator = SeededGenerator(seed: 1)
        let (one, two) = (try DeviceKeys(using: &generator), try DeviceKeys(using: &generator))
        #expect(one.noiseKey != two.noiseKey && one.identity != two.identity && one.advSecret != two.advSecret)
        #expect(one.noiseKey.publicKey != one.identity.identityKey.publicKey)
    }
}
