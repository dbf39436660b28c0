import CryptoPrimitives
import Foundation
import SpoolTestSupport
import Testing

@testable import NoiseProtocol

/// Both sides against the transcripts of `noise.json`, message by message and frame by frame.
@Suite struct HandshakeVectorTests {
    private static let now = Date(timeIntervalSince1970: 1_760_000_000)

    @Test func `both sides send the vectors' messages and learn what the other sent`() throws {
        let vectors = try NoiseVectors.load()
        let root = try CertificateRoot(key: vectors.test_root.pair().publicKey)
        for transcript in vectors.transcripts {
            let (initiator, responder) = try Self.sides(transcript)
            #expect(initiator.clientHello == transcript.client_hello.bytes)
            let answering = try responder.receive(clientHello: transcript.client_hello.bytes)
            #expect(answering.serverHello == transcript.server_hello.bytes)
            let client = try initiator.receive(
                serverHello: transcript.server_hello.bytes, trusting: root, now: Self.now)
            #expect(client.clientFinish == transcript.client_finish.bytes)
            #expect(client.serverKey.bytes == transcript.server_static.public.bytes)
            let server = try answering.receive(clientFinish: transcript.client_finish.bytes)
            #expect(server.clientKey.bytes == transcript.client_static.public.bytes)
            #expect(server.payload == transcript.client_payload.bytes)
            #expect(client.transcriptHash == server.transcriptHash)
        }
        Vectors.report(vectors.transcripts.count, of: "transcripts, messages", in: "noise")
    }

    @Test func `the streams after the handshake are the vectors'`() throws {
        let vectors = try NoiseVectors.load()
        var frames = 0
        for transcript in vectors.transcripts {
            let (client, server) = try Self.ciphers(transcript, vectors)
            let transport = transcript.transport
            #expect(client.send.key.exposed == transport.client_write_key.bytes)
            #expect(client.receive.key.exposed == transport.client_read_key.bytes)
            frames += try Self.check(transport.client_to_server, from: client.send, to: server.receive)
            frames += try Self.check(transport.server_to_client, from: server.send, to: client.receive)
        }
        Vectors.report(frames, of: "transcripts, transport frames", in: "noise")
    }

    @Test func `the wire form is header, length and message`() throws {
        let transcripts = try NoiseVectors.load().transcripts
        for transcript in transcripts {
            let wire = Self.framed(transcript.client_hello.bytes)
            #expect(transcript.header.bytes + wire == transcript.wire_client_hello.bytes)
            #expect(Self.framed(transcript.server_hello.bytes) == transcript.wire_server_hello.bytes)
            #expect(Self.framed(transcript.client_finish.bytes) == transcript.wire_client_finish.bytes)
        }
        Vectors.report(transcripts.count, of: "transcripts, wire forms", in: "noise")
    }

    @Test func `certificates made with the transcripts' details are verified in their place`() throws {
        let vectors = try NoiseVectors.load()
        for transcript in vectors.transcripts {
            let leaf = try #require(Certificate.Details(transcript.cert.leaf))
            #expect(try leaf.serialized() == transcript.cert.leaf.details.bytes)
            let intermediate = try #require(Certificate.Details(transcript.cert.intermediate))
            #expect(try intermediate.serialized() == transcript.cert.intermediate.details.bytes)
            let chain = try CertificateChain(serialized: transcript.cert_chain.bytes)
            #expect(try chain.serialized() == transcript.cert_chain.bytes)
        }
        Vectors.report(vectors.transcripts.count, of: "transcripts, certificate details", in: "noise")
    }

    private static func sides(
        _ transcript: NoiseVectors.Transcript
    ) throws -> (HandshakeXX.Initiator, HandshakeXX.Responder) {
        let initiator = try HandshakeXX.Initiator(
            prologue: transcript.header.bytes, staticKey: transcript.client_static.pair(),
            ephemeralKey: transcript.client_ephemeral.pair(), payload: transcript.client_payload.bytes)
        let responder = try HandshakeXX.Responder(
            prologue: transcript.header.bytes, staticKey: transcript.server_static.pair(),
            ephemeralKey: transcript.server_ephemeral.pair(), certificates: transcript.cert_chain.bytes)
        return (initiator, responder)
    }

    private static func ciphers(
        _ transcript: NoiseVectors.Transcript, _ vectors: NoiseVectors
    ) throws -> (client: TransportCiphers, server: TransportCiphers) {
        let (initiator, responder) = try Self.sides(transcript)
        let root = try CertificateRoot(key: vectors.test_root.pair().publicKey)
        let answering = try responder.receive(clientHello: initiator.clientHello)
        let client = try initiator.receive(serverHello: answering.serverHello, trusting: root, now: Self.now)
        let server = try answering.receive(clientFinish: client.clientFinish)
        return (client.ciphers, server.ciphers)
    }

    private static func check(
        _ frames: [NoiseVectors.Frame], from sender: CipherState, to receiver: CipherState
    ) throws -> Int {
        var sender = sender
        var receiver = receiver
        for frame in frames {
            #expect(sender.counter == frame.counter)
            #expect(receiver.counter == frame.counter)
            let ciphertext = try sender.encrypt(frame.plaintext.bytes)
            #expect(ciphertext == frame.ciphertext.bytes)
            #expect(Self.framed(ciphertext) == frame.frame.bytes)
            #expect(try receiver.decrypt(frame.ciphertext.bytes) == frame.plaintext.bytes)
            let nonce = [UInt8](repeating: 0, count: 11) + [UInt8(frame.counter)]
            #expect(nonce == frame.iv.bytes)
        }
        return frames.count
    }

    private static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 16), UInt8(message.count >> 8 & 0xFF), UInt8(message.count & 0xFF)] + message
    }
}

extension Certificate.Details {
    init?(_ vector: NoiseVectors.Certificate) {
        guard let key = try? PublicKey(vector.key.bytes) else { return nil }
        self.init(
            serial: vector.serial, issuerSerial: vector.issuer_serial, key: key, notBefore: vector.not_before,
            notAfter: vector.not_after)
    }
}
