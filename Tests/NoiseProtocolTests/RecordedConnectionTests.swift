import CryptoPrimitives
import Foundation
import Testing

@testable import NoiseProtocol

@Suite struct RecordedConnectionTests {
    @Test func `the recorded server's key opens step by step, with the hashes its client had`() throws {
        var state = try SymmetricState(prologue: [0x57, 0x41, 0x06, 0x03])
        #expect(state.hash == RecordedConnection.hashAfterPrologue)
        let ephemeral = try KeyPair(PrivateKey(RecordedConnection.clientEphemeralPrivate))
        try state.mixHash(ephemeral.publicKey.bytes)
        #expect(state.hash == RecordedConnection.hashAfterClientEphemeral)
        try state.mixHash(RecordedConnection.serverEphemeral)
        #expect(state.hash == RecordedConnection.hashAfterServerEphemeral)
        try state.mixAgreement(
            ephemeral.privateKey, PublicKey(RecordedConnection.serverEphemeral), of: .serverEphemeral)
        #expect(state.chainingKey.exposed == RecordedConnection.firstChainingKey)
        let serverKey = try PublicKey(state.decrypt(RecordedConnection.sealedStatic, of: .serverStatic))
        #expect(state.hash == RecordedConnection.hashAfterStatic)
        try state.mixAgreement(ephemeral.privateKey, serverKey, of: .serverStatic)
        #expect(state.chainingKey.exposed == RecordedConnection.secondChainingKey)
        _ = try state.encrypt(RecordedConnection.certificates)
        #expect(state.hash == RecordedConnection.hashAfterCertificates)
        try Self.verify(serverKey, at: RecordedConnection.moment)
    }

    @Test func `the recorded certificates hold under the production root, in their time only`() throws {
        let chain = try CertificateChain(serialized: RecordedConnection.certificates)
        let leaf = try Certificate.Details(serialized: chain.leaf.details, of: .leaf)
        #expect(leaf.serial == 329)
        try Self.verify(leaf.key, at: RecordedConnection.moment)
        try Self.verify(leaf.key, at: Double(leaf.notBefore))
        try Self.verify(leaf.key, at: Double(leaf.notAfter))
        #expect(throws: NoiseError.certificateRefused(.notYetValid(.leaf, notBefore: 1_742_850_000))) {
            try Self.verify(leaf.key, at: Double(leaf.notBefore) - 1)
        }
        #expect(throws: NoiseError.certificateRefused(.expired(.leaf, notAfter: 1_753_736_400))) {
            try Self.verify(leaf.key, at: Double(leaf.notAfter) + 1)
        }
    }

    private static func verify(_ serverKey: PublicKey, at moment: Double) throws {
        try CertificateChain.verify(
            RecordedConnection.certificates, for: serverKey, trusting: .production,
            now: Date(timeIntervalSince1970: moment))
    }
}
