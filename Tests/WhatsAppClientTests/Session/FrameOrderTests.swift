import CryptoPrimitives
import NoiseProtocol
import SpoolTestSupport
import Testing
import WhatsAppBinary

@testable import WhatsAppClient

/// What somebody in the middle can do to the frames of a connection: repeat, exchange, leave out, alter them. Each is
/// noticed at the first frame that is not in its place, and costs that connection and nothing else.
@Suite struct FrameOrderTests {
    enum Interference: CaseIterable {
        case replay, exchange, loss, alteration, truncation

        /// What arrives of three frames, and which place the first wrong one has.
        func done(to frames: [[UInt8]]) throws -> (arriving: [[UInt8]], wrong: UInt64) {
            switch self {
            case .replay: return ([frames[0], frames[0]], 1)
            case .exchange: return ([frames[1], frames[0]], 0)
            case .loss: return ([frames[0], frames[2]], 1)
            case .alteration:
                var altered = frames[1]
                altered[altered.count - 1] ^= 1
                return ([frames[0], altered], 1)
            case .truncation:
                // The rest of the frame, with a length of its own.
                var codec = FrameCodec()
                try codec.push(frames[0])
                guard let frame = try codec.nextFrame() else { throw Unexpected("no frame") }
                return ([try FrameCodec.encode(frame.dropLast())], 0)
            }
        }

        /// Whether a stanza came through before.
        var isSecondFrame: Bool {
            switch self {
            case .replay, .loss, .alteration: true
            case .exchange, .truncation: false
            }
        }
    }

    @Test(arguments: Interference.allCases)
    func `a frame out of its place costs the connection, and the next one works`(
        interference: Interference
    ) async throws {
        try await SessionBench().run { bench in
            let middle = Middle(try await bench.nextPipe())
            let server = try await middle.acceptLogin(bench)
            let stanzas = (0..<3).map { Node("message", ["id": .integer($0)]) }
            for stanza in stanzas { try await server.send(stanza) }
            let interfered = try interference.done(to: try await middle.take(stanzas.count))
            for bytes in interfered.arriving { try await middle.pipe.send(bytes) }
            if interference.isSecondFrame { #expect(try await bench.nextTold() == .stanza(stanzas[0])) }
            #expect(try await bench.nextTold() == .phase(.disconnected))
            guard case .disconnected(let reason, let delay) = try await bench.nextEvent() else {
                Issue.record("not told")
                return
            }
            // The login took two frames.
            #expect(reason == .noise(.frameNotAuthentic(number: 2 + interfered.wrong)))
            #expect(delay > .zero)
            await bench.pass(delay)
            let again = try await bench.acceptLogin()
            try await again.send(stanzas[1])
            #expect(try await bench.nextTold() == .stanza(stanzas[1]))
        }
    }

    @Test func `a frame that inflates without end is left out, and the stream goes on`() async throws {
        try await SessionBench().run { bench in
            let server = try await bench.acceptLogin()
            let bomb = Node("message", bytes: [UInt8](repeating: 0, count: NodeDecoder.maximumInflatedLength))
            let payload = try NodeEncoder.encodeCompressed(bomb)
            #expect(payload.count < 100_000)
            try await server.send(payload: payload)
            let stanza = Node("message", ["id": "1"])
            try await server.send(stanza)
            #expect(try await bench.nextTold() == .stanza(stanza))
            #expect(await bench.session.isOnline)
        }
    }
}

/// Somebody between server and client: what the server sends arrives when this one says so.
private struct Middle {
    /// The way to the client.
    let pipe: MemoryPipe
    private let held = MessageQueue()

    init(_ pipe: MemoryPipe) {
        self.pipe = pipe
    }

    /// The server behind it, after a login with which nobody interfered.
    func acceptLogin(_ bench: SessionBench) async throws -> ServerConnection {
        let behind = MemoryPipe(outgoing: self.held, incoming: self.pipe.incoming)
        async let connection = ServerConnection(behind, keys: bench.keys, using: SeededGenerator(seed: 13))
        for bytes in try await self.take(1) { try await self.pipe.send(bytes) }
        let server = try await connection
        async let login: Void = server.acceptLogin()
        for _ in 0..<2 {
            for bytes in try await self.take(1) { try await self.pipe.send(bytes) }
        }
        try await login
        try await bench.expect(.event(.connected))
        return server
    }

    /// What the server sends next.
    func take(_ count: Int) async throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        while messages.count < count { messages.append(try unwrap(try await self.held.receive())) }
        return messages
    }
}
