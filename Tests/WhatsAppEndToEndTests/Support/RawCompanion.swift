import CryptoPrimitives
import Foundation
import NoiseProtocol
import SignalProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary
import WhatsAppClient
import WhatsAppCrypto
import WhatsAppSimulator
import WhatsAppSocket

/// A device to be linked that is made of the codecs alone, so that it can answer as no real one does.
actor RawCompanion {
    let keys: DeviceKeys
    private let pipe: any BytePipe
    private var codec = FrameCodec()
    private var ciphers: TransportCiphers

    /// Connects, does the handshake, and lets `body` use the connection.
    static func run(
        _ bench: LoopbackBench, _ body: @escaping @Sendable (RawCompanion) async throws -> Void
    ) async throws {
        let endpoint = PipeEndpoint(url: try #require(URL(string: bench.endpoint.url)))
        let result = try await WebSocketConnector().withPipe(to: endpoint) { pipe -> Result<Void, any Error> in
            do {
                try await body(RawCompanion(pipe, trusting: CertificateRoot(key: bench.server.rootKey)))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private init(_ pipe: any BytePipe, trusting root: CertificateRoot) async throws {
        var generator = SeededGenerator(seed: 900)
        let keys = try DeviceKeys(using: &generator)
        let payload = try ClientPayload.registration(keys.registration())
            .serialized(as: ClientProfile(appVersion: LoopbackBench.version))
        let initiator = try HandshakeXX.Initiator(
            prologue: ConnectionHeader.prologue, staticKey: keys.noiseKey, payload: payload, using: &generator)
        try await pipe.send(ConnectionHeader.prologue + FrameCodec.encode(initiator.clientHello))
        var codec = FrameCodec()
        let answer = try await Self.frame(pipe, &codec)
        let end = try initiator.receive(
            serverHello: answer, trusting: root, now: LoopbackBench.date(after: .zero))
        try await pipe.send(FrameCodec.encode(end.clientFinish))
        self.keys = keys
        self.pipe = pipe
        self.codec = codec
        self.ciphers = end.ciphers
    }

    func send(_ stanza: Node) async throws {
        try await self.pipe.send(FrameCodec.encode(try self.ciphers.send.encrypt(try NodeEncoder.encode(stanza))))
    }

    /// The child of this tag in the next request.
    func request(_ tag: String) async throws -> (id: String, child: Node) {
        var codec = self.codec
        let frame = try await Self.frame(self.pipe, &codec)
        self.codec = codec
        let stanza = try NodeDecoder.decode(try self.ciphers.receive.decrypt(frame))
        return (try #require(stanza.string("id")), try #require(stanza.child(tag), "\(stanza)"))
    }

    /// The QR text that this device would show.
    func qrCode() async throws -> PairingQRCode {
        let (id, device) = try await self.request("pair-device")
        try await self.send(Node("iq", ["to": .jid(.service), "type": "result", "id": .string(id)]))
        return PairingQRCode(
            reference: try #require(device.children("ref").first?.text), noiseKey: self.keys.noiseKey.publicKey,
            identityKey: self.keys.identity.identityKey.publicKey, advSecret: self.keys.advSecret, clientType: .chrome)
    }

    /// The phone's answer with our own signature, and the right reply to it.
    func sign() async throws -> (identity: DeviceIdentity, reply: Node) {
        let (id, success) = try await self.request("pair-success")
        var generator = SeededGenerator(seed: 901)
        let identity = try DeviceIdentity(
            pairSuccess: try #require(success.child("device-identity")?.bytes), advSecret: self.keys.advSecret,
            identity: self.keys.identity.identityKeyPair.keyPair, using: &generator)
        return (identity, try identity.reply(to: id))
    }

    private static func frame(_ pipe: any BytePipe, _ codec: inout FrameCodec) async throws -> [UInt8] {
        while true {
            if let frame = try codec.nextFrame() { return frame }
            try codec.push(try #require(try await pipe.receive(), "the server closed"))
        }
    }
}
