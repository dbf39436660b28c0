import CryptoPrimitives
import Foundation
import NoiseProtocol

/// A whole connection set-up, client and server in one process, beside the key agreements and signature checks in it.
enum HandshakeComparison {
    private static let prologue: [UInt8] = [0x57, 0x41, 0x06, 0x03]
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func print(operations: Int) throws {
        var generator = SystemRandomNumberGenerator()
        let server = try Server(using: &generator)
        let device = try KeyPair(using: &generator)
        let payload = generator.bytes(count: 100)
        let raw = try RawPrimitives(largestInput: 1024)
        let publicKey = try raw.publicKey(raw.iv + raw.iv)
        let message = [UInt8](repeating: 7, count: 60)
        let signed = try raw.signature(of: message)
        let comparison = try Comparison(
            operations: operations,
            ours: { try self.connect(device, payload, server) },
            reference: {
                // Ephemeral keys 2; agreements 3 on either side; certificates 2; sealed and opened: 2 keys, 2 payloads.
                for _ in 0..<2 { _ = try raw.publicKey(raw.key) }
                for _ in 0..<6 { try raw.agree(raw.key, publicKey) }
                for _ in 0..<2 { try raw.verify(signed.signature, message, signed.publicKey) }
                for _ in 0..<8 { try raw.seal(payload) }
            })
        Figures.heading("handshake: both sides, certificates checked")
        Figures.line("handshakes a second", Figures.count(1 / comparison.ours))
        Figures.line("allocations a handshake", Figures.number(comparison.allocations))
        Figures.line(
            "time beside 2 X25519 keys, 6 agreements, 2 Ed25519 checks, 8 AES-256-GCM",
            "\(Figures.number(comparison.ratio)) ×")
    }

    private static func connect(_ device: KeyPair, _ payload: [UInt8], _ server: Server) throws {
        var generator = SystemRandomNumberGenerator()
        let initiator = try HandshakeXX.Initiator(
            prologue: Self.prologue, staticKey: device, payload: payload, using: &generator)
        let responder = try HandshakeXX.Responder(
            prologue: Self.prologue, staticKey: server.key, certificates: server.chain, using: &generator)
        let answering = try responder.receive(clientHello: initiator.clientHello)
        let client = try initiator.receive(
            serverHello: answering.serverHello, trusting: server.root, now: Self.now)
        let end = try answering.receive(clientFinish: client.clientFinish)
        guard end.payload == payload else { throw BenchmarkError("the handshake lost its payload") }
    }

    private struct Server {
        let key: KeyPair
        let chain: [UInt8]
        let root: CertificateRoot

        init(using generator: inout some RandomNumberGenerator) throws {
            let root = try KeyPair(using: &generator)
            let issuer = try KeyPair(using: &generator)
            self.key = try KeyPair(using: &generator)
            self.root = CertificateRoot(key: root.publicKey)
            let intermediate = try Certificate(
                .init(serial: 3, issuerSerial: 0, key: issuer.publicKey, notBefore: 0, notAfter: 4_000_000_000),
                signedBy: root.privateKey, using: &generator)
            let leaf = try Certificate(
                .init(serial: 4, issuerSerial: 3, key: self.key.publicKey, notBefore: 0, notAfter: 4_000_000_000),
                signedBy: issuer.privateKey, using: &generator)
            self.chain = try CertificateChain(leaf: leaf, intermediate: intermediate).serialized()
        }
    }
}
