import CryptoPrimitives
import Foundation
import SpoolTestSupport

@testable import NoiseProtocol

/// Two sides that would understand each other, with all keys from one seed.
struct HandshakeFixture {
    static let prologue: [UInt8] = [0x57, 0x41, 0x06, 0x03]
    static let now = Date(timeIntervalSince1970: 1_750_000_000)

    let root: CertificateRoot
    let clientKey: KeyPair
    let serverKey: KeyPair
    let certificates: [UInt8]
    let payload: [UInt8]
    let initiator: HandshakeXX.Initiator
    let responder: HandshakeXX.Responder

    init(seed: UInt64, prologue: [UInt8] = Self.prologue, payload: [UInt8]? = nil) throws {
        var generator = SeededGenerator(seed: seed)
        let rootKey = try KeyPair(using: &generator)
        self.root = CertificateRoot(key: rootKey.publicKey)
        self.clientKey = try KeyPair(using: &generator)
        self.serverKey = try KeyPair(using: &generator)
        self.certificates = try TestChain(root: rootKey, serverKey: self.serverKey.publicKey, using: &generator)
            .chain.serialized()
        self.payload = payload ?? generator.bytes(count: Int.random(in: 0...300, using: &generator))
        self.initiator = try HandshakeXX.Initiator(
            prologue: prologue, staticKey: self.clientKey, payload: self.payload, using: &generator)
        self.responder = try HandshakeXX.Responder(
            prologue: prologue, staticKey: self.serverKey, certificates: self.certificates, using: &generator)
    }

    /// The client's end of the handshake.
    func end(serverHello: [UInt8]) throws(NoiseError) -> HandshakeXX.InitiatorEnd {
        try self.initiator.receive(serverHello: serverHello, trusting: self.root, now: Self.now)
    }

    /// Both ends of an undisturbed handshake.
    func run() throws(NoiseError) -> (client: HandshakeXX.InitiatorEnd, server: HandshakeXX.ResponderEnd) {
        let answering = try self.responder.receive(clientHello: self.initiator.clientHello)
        let client = try self.end(serverHello: answering.serverHello)
        return (client, try answering.receive(clientFinish: client.clientFinish))
    }
}

/// A chain under a root of our own; every part can be made wrong before it is signed.
struct TestChain {
    let intermediateKey: KeyPair
    var leaf: Certificate.Details
    var intermediate: Certificate.Details
    private(set) var chain: CertificateChain

    init(
        root: KeyPair, serverKey: PublicKey, using generator: inout some RandomNumberGenerator,
        change: (inout TestChain) -> Void = { _ in }
    ) throws {
        self.intermediateKey = try KeyPair(using: &generator)
        self.intermediate = Certificate.Details(
            serial: 3, issuerSerial: 0, key: self.intermediateKey.publicKey, notBefore: 1_740_000_000,
            notAfter: 1_800_000_000)
        self.leaf = Certificate.Details(
            serial: 329, issuerSerial: 3, key: serverKey, notBefore: 1_745_000_000, notAfter: 1_760_000_000)
        self.chain = CertificateChain(
            leaf: Certificate(details: [], signature: []), intermediate: Certificate(details: [], signature: []))
        change(&self)
        self.chain = CertificateChain(
            leaf: try Certificate(self.leaf, signedBy: self.intermediateKey.privateKey, using: &generator),
            intermediate: try Certificate(self.intermediate, signedBy: root.privateKey, using: &generator))
    }
}
