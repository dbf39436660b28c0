import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import NoiseProtocol

/// What an attacker on the way can do to a handshake: nothing but end it.
@Suite struct HandshakeMutationTests {
    @Test func `a hello with any bit changed never leads to a connection`() throws {
        let fixture = try HandshakeFixture(seed: 51)
        var answered = 0
        for altered in mutations(of: fixture.initiator.clientHello, seed: 52) {
            do throws(NoiseError) {
                let answering = try fixture.responder.receive(clientHello: altered)
                answered += 1
                #expect(throws: NoiseError.fieldNotAuthentic(.serverStatic), "seed 52, \(altered.hex)") {
                    try fixture.end(serverHello: answering.serverHello)
                }
            } catch {
                // Refused at once is as good.
            }
        }
        #expect(answered >= 32 * 8)
    }

    @Test func `an answer with any bit changed is refused`() throws {
        let fixture = try HandshakeFixture(seed: 53)
        let answering = try fixture.responder.receive(clientHello: fixture.initiator.clientHello)
        for altered in mutations(of: answering.serverHello, seed: 54) {
            #expect(throws: NoiseError.self, "seed 54, \(altered.hex)") { try fixture.end(serverHello: altered) }
        }
    }

    @Test func `a last message with any bit changed is refused`() throws {
        let fixture = try HandshakeFixture(seed: 55)
        let answering = try fixture.responder.receive(clientHello: fixture.initiator.clientHello)
        let client = try fixture.end(serverHello: answering.serverHello)
        for altered in mutations(of: client.clientFinish, seed: 56) {
            #expect(throws: NoiseError.self, "seed 56, \(altered.hex)") {
                try answering.receive(clientFinish: altered)
            }
        }
    }

    @Test func `a message cut off anywhere is refused`() throws {
        let fixture = try HandshakeFixture(seed: 57)
        let hello = fixture.initiator.clientHello
        let answering = try fixture.responder.receive(clientHello: hello)
        let client = try fixture.end(serverHello: answering.serverHello)
        for size in 0..<hello.count {
            #expect(throws: NoiseError.self) { try fixture.responder.receive(clientHello: Array(hello[..<size])) }
        }
        for size in 0..<answering.serverHello.count {
            let part = Array(answering.serverHello[..<size])
            #expect(throws: NoiseError.self) { try fixture.end(serverHello: part) }
        }
        for size in 0..<client.clientFinish.count {
            let part = Array(client.clientFinish[..<size])
            #expect(throws: NoiseError.self) { try answering.receive(clientFinish: part) }
        }
    }

    @Test func `random bytes are refused by every step`() throws {
        let seed: UInt64 = 58
        var generator = SeededGenerator(seed: seed)
        let fixture = try HandshakeFixture(seed: seed)
        let answering = try fixture.responder.receive(clientHello: fixture.initiator.clientHello)
        for _ in 0..<2_000 {
            let bytes = generator.bytes(count: Int.random(in: 0...100, using: &generator))
            #expect(throws: NoiseError.self, "seed \(seed)") { try fixture.responder.receive(clientHello: bytes) }
            #expect(throws: NoiseError.self, "seed \(seed)") { try fixture.end(serverHello: bytes) }
            #expect(throws: NoiseError.self, "seed \(seed)") { try answering.receive(clientFinish: bytes) }
        }
    }

    @Test func `deep nesting and long lengths are refused`() throws {
        let fixture = try HandshakeFixture(seed: 59)
        let largest = HandshakeXX.maximumMessageSize
        let groups = [UInt8](repeating: 0x0B, count: largest)
        let closedGroups = [UInt8](repeating: 0x0B, count: 30_000) + [UInt8](repeating: 0x0C, count: 30_000)
        let longLength: [UInt8] = [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        for bytes in [groups, closedGroups, longLength] {
            #expect(throws: NoiseError.malformedMessage) { try fixture.responder.receive(clientHello: bytes) }
        }
    }

    @Test func `messages of another connection are of no use`() throws {
        let first = try HandshakeFixture(seed: 60)
        let second = try HandshakeFixture(seed: 61)
        let answering = try first.responder.receive(clientHello: first.initiator.clientHello)
        #expect(throws: NoiseError.fieldNotAuthentic(.serverStatic)) {
            try second.end(serverHello: answering.serverHello)
        }
        let (client, _) = try second.run()
        #expect(throws: NoiseError.fieldNotAuthentic(.clientStatic)) {
            try answering.receive(clientFinish: client.clientFinish)
        }
    }
}

/// `bytes` with each of its bits changed, one at a time, and each of its bytes changed to another one by chance.
func mutations(of bytes: [UInt8], seed: UInt64) -> [[UInt8]] {
    var generator = SeededGenerator(seed: seed)
    var mutations: [[UInt8]] = []
    for index in bytes.indices {
        let changes = (0..<8).map { UInt8(1) << $0 } + [UInt8.random(in: 1...255, using: &generator)]
        for change in changes {
            var altered = bytes
            altered[index] ^= change
            mutations.append(altered)
        }
    }
    return mutations
}
