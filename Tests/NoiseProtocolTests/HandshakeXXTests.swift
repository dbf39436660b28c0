import CryptoPrimitives
import Foundation
import SpoolTestSupport
import SwiftProtobuf
import Testing
import WhatsAppProto

@testable import NoiseProtocol

@Suite struct HandshakeXXTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `two sides with seeded keys end with the same keys, crosswise`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let prologue = generator.bytes(count: Int.random(in: 0...64, using: &generator))
        let fixture = try HandshakeFixture(seed: seed, prologue: prologue)
        let (client, server) = try fixture.run()
        #expect(client.serverKey == fixture.serverKey.publicKey)
        #expect(server.clientKey == fixture.clientKey.publicKey)
        #expect(server.payload == fixture.payload)
        #expect(client.transcriptHash == server.transcriptHash)
        #expect(client.ciphers.send.key != client.ciphers.receive.key)
        var (near, far) = (client.ciphers, server.ciphers)
        for _ in 0..<5 {
            let up = generator.bytes(count: Int.random(in: 1...100, using: &generator))
            #expect(try far.receive.decrypt(near.send.encrypt(up)) == up)
            let down = generator.bytes(count: Int.random(in: 1...100, using: &generator))
            #expect(try near.receive.decrypt(far.send.encrypt(down)) == down)
        }
    }

    @Test func `a step that fails leaves the state before it as it was`() throws {
        let fixture = try HandshakeFixture(seed: 31)
        #expect(throws: NoiseError.self) { try fixture.responder.receive(clientHello: [1, 2, 3]) }
        let answering = try fixture.responder.receive(clientHello: fixture.initiator.clientHello)
        var altered = answering.serverHello
        altered[altered.count - 1] ^= 1
        #expect(throws: NoiseError.fieldNotAuthentic(.serverPayload)) { try fixture.end(serverHello: altered) }
        let client = try fixture.end(serverHello: answering.serverHello)
        altered = client.clientFinish
        altered[altered.count - 1] ^= 1
        #expect(throws: NoiseError.fieldNotAuthentic(.clientPayload)) {
            try answering.receive(clientFinish: altered)
        }
        let server = try answering.receive(clientFinish: client.clientFinish)
        #expect(server.ciphers.receive.key == client.ciphers.send.key)
        #expect(server.ciphers.send.key == client.ciphers.receive.key)
    }

    @Test func `two prologues that differ end the handshake at the first check`() throws {
        let fixture = try HandshakeFixture(seed: 32)
        var generator = SeededGenerator(seed: 33)
        let other = try HandshakeXX.Responder(
            prologue: [0x57, 0x41, 0x06, 0x02], staticKey: fixture.serverKey, certificates: fixture.certificates,
            using: &generator)
        let answering = try other.receive(clientHello: fixture.initiator.clientHello)
        #expect(throws: NoiseError.fieldNotAuthentic(.serverStatic)) {
            try fixture.end(serverHello: answering.serverHello)
        }
    }

    @Test func `a server whose certificates are for another key or root is not answered`() throws {
        let fixture = try HandshakeFixture(seed: 34)
        let other = try HandshakeFixture(seed: 35)
        var generator = SeededGenerator(seed: 36)
        let thief = try HandshakeXX.Responder(
            prologue: HandshakeFixture.prologue, staticKey: other.serverKey, certificates: fixture.certificates,
            using: &generator)
        let stolen = try thief.receive(clientHello: fixture.initiator.clientHello)
        #expect(throws: NoiseError.certificateRefused(.otherServerKey)) {
            try fixture.end(serverHello: stolen.serverHello)
        }
        let stranger = try other.responder.receive(clientHello: fixture.initiator.clientHello)
        #expect(throws: NoiseError.certificateRefused(.wrongSignature(.intermediate))) {
            try fixture.end(serverHello: stranger.serverHello)
        }
        #expect(throws: NoiseError.certificateRefused(.wrongSignature(.intermediate))) {
            let answering = try fixture.responder.receive(clientHello: fixture.initiator.clientHello)
            return try fixture.initiator.receive(serverHello: answering.serverHello, now: HandshakeFixture.now)
        }
    }

    @Test func `a message out of turn, or two in one, is refused`() throws {
        let fixture = try HandshakeFixture(seed: 37)
        let hello = fixture.initiator.clientHello
        let answering = try fixture.responder.receive(clientHello: hello)
        let client = try fixture.end(serverHello: answering.serverHello)
        for message in [[], answering.serverHello, client.clientFinish, hello + answering.serverHello] {
            #expect(throws: NoiseError.unexpectedMessage(expected: .clientHello)) {
                try fixture.responder.receive(clientHello: message)
            }
        }
        for message in [[], hello, client.clientFinish, answering.serverHello + hello] {
            #expect(throws: NoiseError.unexpectedMessage(expected: .serverHello)) {
                try fixture.end(serverHello: message)
            }
        }
        for message in [[], hello, answering.serverHello, client.clientFinish + hello] {
            #expect(throws: NoiseError.unexpectedMessage(expected: .clientFinish)) {
                try answering.receive(clientFinish: message)
            }
        }
    }

    @Test func `fields nobody knows are passed over`() throws {
        let fixture = try HandshakeFixture(seed: 38)
        // Field 1 does not exist, field 99 neither: two bytes "ab", and the number 1.
        let unknown: [UInt8] = [0x0A, 0x02, 0x61, 0x62, 0x98, 0x06, 0x01]
        let answering = try fixture.responder.receive(clientHello: unknown + fixture.initiator.clientHello)
        let client = try fixture.end(serverHello: answering.serverHello + unknown)
        let server = try answering.receive(clientFinish: client.clientFinish + unknown)
        #expect(server.ciphers.receive.key == client.ciphers.send.key)
    }

    @Test func `missing fields, wrong sizes, weak keys and resumption are named`() throws {
        let fixture = try HandshakeFixture(seed: 39)
        func refusal(_ change: (inout WAHandshakeMessage) -> Void) -> NoiseError? {
            var message = WAHandshakeMessage()
            message.clientHello = WAHandshakeMessage.ClientHello()
            change(&message)
            return #expect(throws: NoiseError.self) {
                try fixture.responder.receive(clientHello: message.serializedBytes())
            }
        }
        #expect(refusal { _ in } == .missingField(.clientEphemeral))
        for size in [0, 31, 33] {
            let expected = NoiseError.wrongFieldSize(.clientEphemeral, expected: 32, actual: size)
            #expect(refusal { $0.clientHello.ephemeral = Data(count: size) } == expected)
        }
        #expect(refusal { $0.clientHello.ephemeral = Data(count: 32) } == .weakKey(.clientEphemeral))
        #expect(refusal { $0.clientHello.static = Data(count: 48) } == .resumptionUnsupported)
        #expect(refusal { $0.clientHello.payload = Data() } == .resumptionUnsupported)
    }

    @Test func `messages have a largest size`() throws {
        let largest = HandshakeXX.maximumMessageSize
        // 50 bytes for the sealed key, 16 for the tag, and 3 bytes length with 1 of tag for payload and message.
        let fits = try HandshakeFixture(seed: 40, payload: [UInt8](repeating: 7, count: largest - 50 - 16 - 8))
        let (client, server) = try fits.run()
        #expect(client.clientFinish.count == largest)
        #expect(server.payload == fits.payload)
        let tooLarge = try HandshakeFixture(seed: 41, payload: fits.payload + [7])
        #expect(throws: NoiseError.messageTooLarge(bytes: largest + 1)) { try tooLarge.run() }
        #expect(throws: NoiseError.messageTooLarge(bytes: largest + 1)) {
            try fits.responder.receive(clientHello: [UInt8](repeating: 0x0B, count: largest + 1))
        }
    }

    @Test func `nothing secret shows in a description`() throws {
        let payload = Array("a payload nobody should read".utf8)
        let fixture = try HandshakeFixture(seed: 42, payload: payload)
        let (client, server) = try fixture.run()
        let secrets = [payload, client.ciphers.send.key.exposed, fixture.clientKey.privateKey.scalar.exposed]
        var dumped = ""
        dump(fixture.initiator, to: &dumped)
        dump(client, to: &dumped)
        dump(server, to: &dumped)
        for text in [dumped, "\(fixture.initiator) \(client) \(server)", String(reflecting: server)] {
            for secret in secrets {
                let listing = secret.map(String.init).joined(separator: ", ")
                let column = secret.prefix(4).map { "- \($0)\n" }.joined()
                #expect(!text.contains(listing))
                #expect(!text.replacing(" ", with: "").contains(column.replacing(" ", with: "")))
            }
        }
    }
}
