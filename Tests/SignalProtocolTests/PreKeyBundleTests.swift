import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import SignalProtocol

@Suite struct PreKeyBundleTests {
    @Test func `a session starts only from the vectors' bundles with a right signature`() throws {
        let cases = try Vectors.load("signal", as: SignalVectors.self).bundles
        var generator = SeededGenerator(seed: 2)
        let local = try LocalIdentity(using: &generator)
        for vector in cases {
            let bundle = try vector.bundle
            let start = { (generator: inout SeededGenerator) throws(SignalError) in
                try SessionRecord(startingWith: bundle, as: local, after: nil, using: &generator)
            }
            if vector.valid == true {
                #expect(try start(&generator).remoteIdentity == bundle.identityKey)
            } else {
                #expect(throws: SignalError.badSignature, "\(vector.name ?? "")") { try start(&generator) }
            }
        }
        Vectors.report(cases.count, of: "bundles", in: "signal")
    }

    @Test func `a fresh signed pre-key carries its identity's signature`() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<4 {
            let local = try LocalIdentity(using: &generator)
            let signedPreKey = try SignedPreKey(id: 1, signedBy: local.identityKeyPair, using: &generator)
            try PreKeyBundle(of: local, signedPreKey: signedPreKey, preKey: nil).check()
            #expect(1..<1 << 31 ~= local.registrationID)
        }
    }

    @Test(arguments: [(UInt32(1), UInt32(2)), (0xFF_FFFE, 0xFF_FFFF), (0xFF_FFFF, 1), (0, 1), (.max, 1)])
    func `pre-key ids go round within 24 bits and leave 0 out`(id: UInt32, next: UInt32) {
        #expect(PreKey.id(after: id) == next)
    }

    @Test func `public keys read in their two forms`() throws {
        var generator = SeededGenerator(seed: 4)
        let key = try KeyPair(using: &generator).publicKey
        #expect(key.serialized == [5] + key.bytes)
        #expect(try PublicKey(serialized: key.serialized) == key)
        #expect(try PublicKey(withOrWithoutType: key.serialized) == key)
        #expect(try PublicKey(withOrWithoutType: key.bytes) == key)
        for wrong in [[], key.bytes, [6] + key.bytes, key.serialized + [0], Array(key.serialized.dropLast(2))] {
            #expect(throws: SignalError.invalidKey) { try PublicKey(serialized: wrong) }
        }
        #expect(throws: SignalError.invalidKey) { try PublicKey(withOrWithoutType: [4] + key.bytes) }
        #expect(throws: SignalError.invalidKey) { try PublicKey(withOrWithoutType: []) }
    }

    @Test func `an address keeps its name out of logs`() {
        let address = ProtocolAddress(name: "491510000012", deviceID: 3)
        #expect("\(address)" == "…12.3")
        #expect(String(reflecting: address) == "491510000012.3")
    }
}
