import CryptoPrimitives
import Foundation
import NoiseProtocol

/// Every handshake message from a stranger is refused with a reason; only what the other side really sent is accepted.
/// The first byte chooses who gets the rest.
struct HandshakeTarget: Sendable {
    private let initiator: HandshakeXX.Initiator
    private let responder: HandshakeXX.Responder
    private let answering: HandshakeXX.AnsweringResponder
    private let clientFinish: [UInt8]
    private let chain: [UInt8]
    private let serverKey: PublicKey
    private let root: CertificateRoot
    private static let now = Date(timeIntervalSince1970: 1_750_000_000)
    private static let prologue: [UInt8] = [0x57, 0x41, 0x06, 0x03]

    // The parts are our own and fixed: when they do not fit together there is nothing to fuzz.
    static let shared = (try? HandshakeTarget())!

    private init() throws {
        var generator = FixedGenerator()
        let root = try KeyPair(using: &generator)
        let issuer = try KeyPair(using: &generator)
        let server = try KeyPair(using: &generator)
        let intermediate = try Certificate(
            .init(serial: 3, issuerSerial: 0, key: issuer.publicKey, notBefore: 0, notAfter: 2_000_000_000),
            signedBy: root.privateKey, using: &generator)
        let leaf = try Certificate(
            .init(serial: 4, issuerSerial: 3, key: server.publicKey, notBefore: 0, notAfter: 2_000_000_000),
            signedBy: issuer.privateKey, using: &generator)
        self.root = CertificateRoot(key: root.publicKey)
        self.serverKey = server.publicKey
        self.chain = try CertificateChain(leaf: leaf, intermediate: intermediate).serialized()
        self.initiator = try HandshakeXX.Initiator(
            prologue: Self.prologue, staticKey: KeyPair(using: &generator), payload: [1, 2, 3], using: &generator)
        self.responder = try HandshakeXX.Responder(
            prologue: Self.prologue, staticKey: server, certificates: self.chain, using: &generator)
        self.answering = try self.responder.receive(clientHello: self.initiator.clientHello)
        self.clientFinish = try self.initiator
            .receive(serverHello: self.answering.serverHello, trusting: self.root, now: Self.now).clientFinish
    }

    func run(_ bytes: [UInt8]) {
        let message = Array(bytes.dropFirst())
        switch (bytes.first ?? 0) % 4 {
        case 0: _ = try? self.responder.receive(clientHello: message)
        case 1:
            let end = try? self.initiator.receive(serverHello: message, trusting: self.root, now: Self.now)
            precondition(end == nil || end?.serverKey == self.serverKey, "a stranger passed for the server")
        case 2:
            let end = try? self.answering.receive(clientFinish: message)
            precondition(end == nil || end?.payload == [1, 2, 3], "a stranger passed for the client")
        default:
            try? CertificateChain.verify(message, for: self.serverKey, trusting: self.root, now: Self.now)
        }
    }

    /// One message of each kind that is accepted, for the corpus.
    var accepted: [[UInt8]] {
        [
            [0] + self.initiator.clientHello, [1] + self.answering.serverHello, [2] + self.clientFinish,
            [3] + self.chain,
        ]
    }
}

/// The same keys in every run, so that a corpus keeps its meaning. Not for anything that must be secret.
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ self.state >> 29
    }
}
