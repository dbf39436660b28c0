import CryptoPrimitives
import SpoolTestSupport
import Testing

@testable import NoiseProtocol

@Suite struct SymmetricStateTests {
    @Test func `the state after every step of every transcript is the vectors'`() throws {
        let transcripts = try NoiseVectors.load().transcripts
        var steps = 0
        for transcript in transcripts {
            for side in ["client", "server"] {
                var walk = try TranscriptWalk(transcript, side: side)
                for step in transcript.steps where step.side == side {
                    try walk.take(step)
                    let comment: Comment = "\(transcript.name), \(side), \(step.op)"
                    #expect(walk.state.hash == step.hash.bytes, comment)
                    #expect(walk.state.chainingKey.exposed == step.chaining_key.bytes, comment)
                    #expect(walk.state.cipher.key.exposed == step.cipher_key.bytes, comment)
                    #expect(walk.state.cipher.counter == step.counter, comment)
                    steps += 1
                }
                let ciphers = try walk.state.split()
                #expect(ciphers.initiator.key.exposed == transcript.transport.client_write_key.bytes)
                #expect(ciphers.responder.key.exposed == transcript.transport.client_read_key.bytes)
            }
            #expect(SymmetricState.patternName == transcript.pattern.bytes)
        }
        #expect(steps == transcripts.map(\.steps.count).reduce(0, +))
        Vectors.report(transcripts.count, of: "transcripts, state by state", in: "noise")
        Vectors.report(steps, of: "transcripts, steps", in: "noise")
    }

    @Test func `a wrong key, hash or counter opens nothing`() throws {
        var generator = SeededGenerator(seed: 11)
        var state = try SymmetricState(prologue: [1])
        try state.mixKey(.random(count: 32, using: &generator))
        var sender = state
        let ciphertext = try sender.encrypt([9, 9, 9] as [UInt8])
        var receiver = state
        #expect(try receiver.decrypt(ciphertext, of: .serverStatic) == [9, 9, 9])
        #expect(receiver.hash == sender.hash)

        var otherKey = state
        try otherKey.mixKey(.random(count: 32, using: &generator))
        var otherHash = state
        try otherHash.mixHash([7])
        for other in [otherKey, otherHash] {
            var other = other
            #expect(throws: NoiseError.fieldNotAuthentic(.serverStatic)) {
                try other.decrypt(ciphertext, of: .serverStatic)
            }
        }
        var otherCounter = CipherState(key: state.cipher.key, counter: 1)
        #expect(throws: NoiseError.fieldNotAuthentic(.serverStatic)) {
            try otherCounter.open(
                ciphertext, authenticating: state.hash, otherwise: .fieldNotAuthentic(.serverStatic))
        }
    }

    @Test func `a key of small order is named by the field it came in`() throws {
        var generator = SeededGenerator(seed: 12)
        let key = PrivateKey(using: &generator)
        var state = try SymmetricState(prologue: [])
        for weak in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
            #expect(throws: NoiseError.weakKey(.clientEphemeral)) {
                try state.mixAgreement(key, PublicKey(weak), of: .clientEphemeral)
            }
        }
    }
}

/// One side's way through a transcript, driven by the names of the steps.
private struct TranscriptWalk {
    private(set) var state: SymmetricState
    private let transcript: NoiseVectors.Transcript
    private let isClient: Bool

    init(_ transcript: NoiseVectors.Transcript, side: String) throws {
        self.state = try SymmetricState(prologue: transcript.header.bytes)
        self.transcript = transcript
        self.isClient = side == "client"
    }

    mutating func take(_ step: NoiseVectors.Step) throws {
        switch step.op {
        case "start: h = pattern; mix header": break
        case "mix hash: client ephemeral public":
            try self.state.mixHash(self.transcript.client_ephemeral.public.bytes)
        case "mix hash: server ephemeral public":
            try self.state.mixHash(self.transcript.server_ephemeral.public.bytes)
        case "mix key: ee": try self.mix(self.transcript.client_ephemeral, self.transcript.server_ephemeral)
        case "mix key: es": try self.mix(self.transcript.client_ephemeral, self.transcript.server_static)
        case "mix key: se": try self.mix(self.transcript.client_static, self.transcript.server_ephemeral)
        case let op where op.hasPrefix("encrypt: "): try self.encrypt(step)
        case "decrypt: client payload":
            // The server's two steps before this one are not listed.
            let sealedKey = try ClientFinish(serialized: self.transcript.client_finish.bytes).static
            let key = try self.state.decrypt(sealedKey, of: .clientStatic)
            #expect(key == self.transcript.client_static.public.bytes)
            try self.mix(self.transcript.client_static, self.transcript.server_ephemeral)
            try self.decrypt(step)
        case let op where op.hasPrefix("decrypt: "): try self.decrypt(step)
        default: Issue.record("a step nobody knows: \(step.op)")
        }
    }

    private mutating func mix(_ client: NoiseVectors.Keys, _ server: NoiseVectors.Keys) throws {
        let (own, peer) = try self.isClient ? (client.pair(), server.pair()) : (server.pair(), client.pair())
        try self.state.mixAgreement(own.privateKey, peer.publicKey, of: .serverEphemeral)
    }

    private mutating func encrypt(_ step: NoiseVectors.Step) throws {
        let plaintext = try #require(step.plaintext).bytes
        #expect(try self.state.encrypt(plaintext) == step.ciphertext?.bytes, "\(step.op)")
    }

    private mutating func decrypt(_ step: NoiseVectors.Step) throws {
        let ciphertext = try #require(step.ciphertext).bytes
        #expect(try self.state.decrypt(ciphertext, of: .serverStatic) == step.plaintext?.bytes, "\(step.op)")
    }
}
