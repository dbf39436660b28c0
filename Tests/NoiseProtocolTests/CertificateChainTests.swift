import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppProto

@testable import NoiseProtocol

@Suite struct CertificateChainTests {
    /// The days between which the vectors' answers hold, and one in the middle.
    private static let days = [1_577_923_200.0, 1_760_000_000, 4_102_271_999]

    @Test func `every chain of the vectors is answered as they say, with the reason`() throws {
        let vectors = try NoiseVectors.load()
        let root = try CertificateRoot(key: vectors.test_root.pair().publicKey)
        for vector in vectors.certificates {
            let serverKey = try PublicKey(vector.server_static_public.bytes)
            for day in Self.days {
                let refusal = Self.refusal(of: vector.cert_chain.bytes, serverKey, root, now: day)
                #expect((refusal == nil) == vector.valid, "\(vector.name)")
                #expect(refusal == Self.reasons[vector.name], "\(vector.name)")
            }
        }
        let refused = vectors.certificates.filter { !$0.valid }
        #expect(Set(refused.map(\.name)) == Set(Self.reasons.keys))
        Vectors.report(vectors.certificates.count, of: "certificates", in: "noise")
    }

    @Test func `certificates made from the vectors' details have the vectors' details`() throws {
        let cases = try NoiseVectors.load().certificates.compactMap(\.parsed)
        for parsed in cases {
            for vector in [parsed.leaf, parsed.intermediate] {
                let details = try #require(Certificate.Details(vector))
                #expect(try details.serialized() == vector.details.bytes)
                #expect(try Certificate.Details(serialized: vector.details.bytes, of: .leaf) == details)
            }
        }
        Vectors.report(cases.count, of: "certificates, details", in: "noise")
    }

    @Test func `a chain of our own is good from its first to its last second`() throws {
        let (bytes, serverKey, root) = try Self.chain(seed: 81)
        for day in [1_745_000_000.0, 1_750_000_000.5, 1_760_000_000] {
            #expect(Self.refusal(of: bytes, serverKey, root, now: day) == nil)
        }
        let early = CertificateRefusal.notYetValid(.leaf, notBefore: 1_745_000_000)
        #expect(Self.refusal(of: bytes, serverKey, root, now: 1_744_999_999.5) == early)
        let late = CertificateRefusal.expired(.leaf, notAfter: 1_760_000_000)
        #expect(Self.refusal(of: bytes, serverKey, root, now: 1_760_000_001) == late)
    }

    @Test func `moments that no calendar has are refused`() throws {
        let (bytes, serverKey, root) = try Self.chain(seed: 82)
        for day in [Double.nan, .infinity, -.infinity, -.greatestFiniteMagnitude] {
            #expect(Self.refusal(of: bytes, serverKey, root, now: day) != nil)
        }
    }

    @Test func `an intermediate outside its time is refused though the leaf is in its own`() throws {
        let early = try Self.chain(seed: 83) { $0.intermediate.notBefore = 1_750_000_001 }
        #expect(Self.refusal(of: early) == .notYetValid(.intermediate, notBefore: 1_750_000_001))
        let late = try Self.chain(seed: 84) { $0.intermediate.notAfter = 1_749_999_999 }
        #expect(Self.refusal(of: late) == .expired(.intermediate, notAfter: 1_749_999_999))
    }

    @Test func `the root's serial is the root's to say`() throws {
        var (bytes, serverKey, root) = try Self.chain(seed: 85) { $0.intermediate.issuerSerial = 7 }
        #expect(Self.refusal(of: (bytes, serverKey, root)) == .wrongIssuer(.intermediate, expected: 0, actual: 7))
        root = CertificateRoot(key: root.key, serial: 7)
        #expect(Self.refusal(of: (bytes, serverKey, root)) == nil)
    }

    @Test func `an issuer serial that is absent counts as zero, under the signature of just these bytes`() throws {
        var generator = SeededGenerator(seed: 86)
        let root = try KeyPair(using: &generator)
        let serverKey = try KeyPair(using: &generator).publicKey
        let made = try TestChain(root: root, serverKey: serverKey, using: &generator)
        var message = try WACertChain.NoiseCertificate.Details(
            serializedBytes: made.intermediate.serialized())
        message.clearIssuerSerial()
        let details: [UInt8] = try message.serializedBytes()
        let signature = try XEdDSA.sign(details, with: root.privateKey, using: &generator)
        let chain = CertificateChain(
            leaf: made.chain.leaf, intermediate: Certificate(details: details, signature: signature))
        let trusted = CertificateRoot(key: root.publicKey)
        #expect(Self.refusal(of: (try chain.serialized(), serverKey, trusted)) == nil)
        let replaced = CertificateChain(
            leaf: made.chain.leaf,
            intermediate: Certificate(details: details, signature: made.chain.intermediate.signature))
        #expect(
            Self.refusal(of: (try replaced.serialized(), serverKey, trusted)) == .wrongSignature(.intermediate))
    }

    @Test func `a chain with any bit changed is refused`() throws {
        let (bytes, serverKey, root) = try Self.chain(seed: 87)
        for altered in mutations(of: bytes, seed: 88) {
            #expect(Self.refusal(of: (altered, serverKey, root)) != nil, "seed 88, \(altered.hex)")
        }
    }

    @Test func `a chain cut off anywhere, or random bytes, is refused`() throws {
        let seed: UInt64 = 89
        var generator = SeededGenerator(seed: seed)
        let (bytes, serverKey, root) = try Self.chain(seed: seed)
        for size in bytes.indices {
            #expect(Self.refusal(of: (Array(bytes[..<size]), serverKey, root)) != nil)
        }
        for _ in 0..<2_000 {
            let random = generator.bytes(count: Int.random(in: 0...300, using: &generator))
            #expect(Self.refusal(of: (random, serverKey, root)) != nil, "seed \(seed), \(random.hex)")
        }
    }

    @Test func `parts of the wrong size are named`() throws {
        let details = [UInt8](repeating: 1, count: 10)
        let good = Certificate(details: details, signature: [UInt8](repeating: 1, count: 64))
        let short = Certificate(details: details, signature: [UInt8](repeating: 1, count: 63))
        #expect(throws: NoiseError.certificateRefused(.wrongSignatureSize(.leaf, actual: 63))) {
            try CertificateChain(serialized: CertificateChain(leaf: short, intermediate: good).serialized())
        }
        #expect(throws: NoiseError.certificateRefused(.wrongKeySize(.leaf, actual: 0))) {
            try Certificate.Details(serialized: [], of: .leaf)
        }
        #expect(throws: NoiseError.messageTooLarge(bytes: 65_536)) {
            try CertificateChain(serialized: [UInt8](repeating: 0, count: 65_536))
        }
    }

    private typealias Case = (bytes: [UInt8], serverKey: PublicKey, root: CertificateRoot)

    private static func chain(seed: UInt64, change: (inout TestChain) -> Void = { _ in }) throws -> Case {
        var generator = SeededGenerator(seed: seed)
        let root = try KeyPair(using: &generator)
        let serverKey = try KeyPair(using: &generator).publicKey
        let made = try TestChain(root: root, serverKey: serverKey, using: &generator, change: change)
        return (try made.chain.serialized(), serverKey, CertificateRoot(key: root.publicKey))
    }

    private static func refusal(of chain: Case) -> CertificateRefusal? {
        Self.refusal(of: chain.bytes, chain.serverKey, chain.root, now: 1_750_000_000)
    }

    /// Why the chain is refused; nil when it is good.
    private static func refusal(
        of bytes: [UInt8], _ serverKey: PublicKey, _ root: CertificateRoot, now: Double
    ) -> CertificateRefusal? {
        do throws(NoiseError) {
            try CertificateChain.verify(
                bytes, for: serverKey, trusting: root, now: Date(timeIntervalSince1970: now))
            return nil
        } catch {
            guard case .certificateRefused(let refusal) = error else {
                Issue.record("no refusal but \(error)")
                return nil
            }
            return refusal
        }
    }

    private static let reasons: [String: CertificateRefusal] = [
        "intermediate-signature-flipped": .wrongSignature(.intermediate),
        "leaf-signature-flipped": .wrongSignature(.leaf),
        "intermediate-signed-by-other-key": .wrongSignature(.intermediate),
        "leaf-signed-by-root-not-intermediate": .wrongSignature(.leaf),
        "intermediate-issuer-serial-not-0": .wrongIssuer(.intermediate, expected: 0, actual: 3),
        "leaf-issuer-serial-mismatch": .wrongIssuer(.leaf, expected: 1, actual: 9),
        "leaf-key-is-not-server-static": .otherServerKey,
        "no-leaf": .incomplete(.leaf),
        "no-intermediate": .incomplete(.intermediate),
        "leaf-expired": .expired(.leaf, notAfter: 1_577_836_801),
        "leaf-not-yet-valid": .notYetValid(.leaf, notBefore: 4_102_444_799),
        "intermediate-expired": .expired(.intermediate, notAfter: 1_577_836_801),
        "intermediate-not-yet-valid": .notYetValid(.intermediate, notBefore: 4_102_444_799),
        "garbage": .malformedChain,
    ]
}
