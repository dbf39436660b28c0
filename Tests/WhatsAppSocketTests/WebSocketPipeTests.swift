import Foundation
import NIOCore
import NIOWebSocket
import SpoolTestSupport
import Synchronization
import Testing
import WhatsAppClient
import WhatsAppSocket

@Suite struct WebSocketPipeTests {
    /// Serves `script` to one client that does `body`.
    private func connect<Value: Sendable>(
        _ script: @escaping @Sendable (TestWebSocketServer.Connection) async throws -> Void,
        _ body: @escaping @Sendable (any BytePipe) async -> Value
    ) async throws -> Value {
        try await waiting(for: "the pipe's test") {
            try await TestWebSocketServer.serving(script) { port in
                let url = try #require(URL(string: "ws://127.0.0.1:\(port)/"))
                return try await WebSocketConnector().withPipe(to: PipeEndpoint(url: url), body)
            }
        }
    }

    private enum End: Equatable, Sendable {
        case good
        case bad(PipeError)
    }

    /// Everything that comes, and how it ends.
    @Sendable private static func readAll(_ pipe: any BytePipe) async -> (messages: [[UInt8]], end: End) {
        var messages: [[UInt8]] = []
        do throws(PipeError) {
            while let message = try await pipe.receive() { messages.append(message) }
            return (messages, .good)
        } catch {
            return (messages, .bad(error))
        }
    }

    private static func close(_ code: UInt16?) -> [UInt8] {
        code.map { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] } ?? []
    }

    @Test func `fragments become one message, with a ping in between, and text is dropped`() async throws {
        let (pongs, continuation) = AsyncStream<[UInt8]>.makeStream()
        let result = try await self.connect { connection in
            try await connection.send(.text, Array("hello".utf8))
            try await connection.send(.binary, [1, 2], fin: false)
            try await connection.send(.continuation, [3], fin: false)
            try await connection.send(.ping, [9, 8, 7])
            try await connection.send(.continuation, [], fin: false)
            try await connection.send(.continuation, [4, 5])
            try await connection.send(.text, Array("a".utf8), fin: false)
            try await connection.send(.continuation, Array("b".utf8))
            try await connection.send(.pong, [1])
            try await connection.send(.binary, [6])
            try await connection.send(.connectionClose, Self.close(1000))
            try await connection.withFrames { frames in
                while let frame = try await frames.next() {
                    guard frame.opcode == .pong else { continue }
                    continuation.yield(Array(frame.unmaskedData.readableBytesView))
                    return
                }
            }
        } _: {
            await Self.readAll($0)
        }
        #expect(result.messages == [[1, 2, 3, 4, 5], [6]])
        #expect(result.end == .good)
        var iterator = pongs.makeAsyncIterator()
        #expect(await iterator.next() == [9, 8, 7])
    }

    @Test(
        arguments: [
            (1000 as UInt16?, nil), (1001, nil), (nil, nil), (1011, 1011), (1008, 1008), (4000, 4000),
        ] as [(UInt16?, Int?)])
    func `the server's goodbye says how the connection ended`(code: UInt16?, told: Int?) async throws {
        let result = try await self.connect { connection in
            try await connection.send(.connectionClose, Self.close(code))
            try await connection.withFrames { _ = try await $0.next() }
        } _: {
            await Self.readAll($0)
        }
        #expect(result.end == told.map { .bad(.closed(code: $0)) } ?? .good)
    }

    @Test func `an end without goodbye is 1006`() async throws {
        let result = try await self.connect({ _ in }, { await Self.readAll($0) })
        #expect(result.end == .bad(.closed(code: 1006)))
    }

    @Test func `our goodbye is 1000, and ends what waits`() async throws {
        let (codes, continuation) = AsyncStream<[UInt8]>.makeStream()
        try await self.connect { connection in
            try await connection.withFrames { frames in
                guard let frame = try await frames.next(), frame.opcode == .connectionClose else { return }
                continuation.yield(Array(frame.unmaskedData.readableBytesView))
            }
        } _: { pipe in
            async let waiting = Self.readAll(pipe)
            await pipe.close()
            await pipe.close()
            #expect(await waiting.end == .good)
            await #expect(throws: PipeError.self) { try await pipe.send([1]) }
        }
        var iterator = codes.makeAsyncIterator()
        #expect(await iterator.next() == [0x03, 0xE8])
    }

    @Test func `what breaks the rules ends the pipe`() async throws {
        let scripts: [@Sendable (TestWebSocketServer.Connection) async throws -> Void] = [
            { try await $0.send(.continuation, [1]) },
            { try await $0.send(.binary, [1], rsv1: true) },
            { connection in
                try await connection.send(.binary, [1], fin: false)
                try await connection.send(.binary, [1])
            },
            { try await $0.send(WebSocketOpcode(encodedWebSocketOpcode: 0x3)!, [1]) },
            { try await $0.send(.ping, [UInt8](repeating: 1, count: 126)) },
        ]
        for script in scripts {
            let result = try await self.connect { connection in
                try await script(connection)
                try await connection.withFrames { _ = try await $0.next() }
            } _: {
                await Self.readAll($0)
            }
            #expect(result.end == .bad(.protocolViolation))
        }
    }

    @Test func `a message over the limit ends the pipe, in one frame or several`() async throws {
        let half = [UInt8](repeating: 1, count: 1 << 23)
        let scripts: [@Sendable (TestWebSocketServer.Connection) async throws -> Void] = [
            { try await $0.send(.binary, half + half + [1]) },
            { connection in
                try await connection.send(.binary, half, fin: false)
                try await connection.send(.continuation, half, fin: false)
                try await connection.send(.continuation, [1])
            },
        ]
        for script in scripts {
            let result = try await self.connect { connection in
                try? await script(connection)
                try await connection.withFrames { _ = try await $0.next() }
            } _: {
                await Self.readAll($0)
            }
            #expect(result.end == .bad(.messageTooLarge(limit: 1 << 24)))
            #expect(result.messages.isEmpty)
        }
    }

    @Test func `a message of just the limit is read`() async throws {
        let size = 1 << 24
        let result = try await self.connect { connection in
            try await connection.send(.binary, [UInt8](repeating: 1, count: size))
            try await connection.send(.connectionClose, Self.close(1000))
            try await connection.withFrames { _ = try await $0.next() }
        } _: {
            await Self.readAll($0)
        }
        #expect(result.messages.map(\.count) == [size] && result.end == .good)
    }

    @Test func `a reader that does not ask stops the sender`() async throws {
        let sent = Mutex(0)
        let piece = [UInt8](repeating: 1, count: 1 << 18)
        let count = 400
        let read = try await self.connect { connection in
            for _ in 0..<count {
                try await connection.send(.binary, piece)
                sent.withLock { $0 += 1 }
            }
            try await connection.send(.connectionClose, Self.close(1000))
            try await connection.withFrames { _ = try await $0.next() }
        } _: { pipe in
            // The sender gets as far as the buffers on the way have room, and no further.
            var before = -1
            while sent.withLock({ $0 }) != before {
                before = sent.withLock { $0 }
                try? await Task.sleep(for: .milliseconds(50))
            }
            #expect(before < count)
            return await Self.readAll(pipe)
        }
        #expect(read.messages.count == count && read.end == .good)
    }

    @Test func `messages go out in the order of the calls`() async throws {
        let (received, continuation) = AsyncStream<UInt8>.makeStream()
        try await self.connect { connection in
            try await connection.withFrames { frames in
                while let frame = try await frames.next(), frame.opcode == .binary {
                    for byte in frame.unmaskedData.readableBytesView { continuation.yield(byte) }
                }
                continuation.finish()
            }
        } _: { pipe in
            for number in 0..<200 { try? await pipe.send([UInt8(number)]) }
        }
        var bytes: [UInt8] = []
        for await byte in received { bytes.append(byte) }
        #expect(bytes == (0..<200).map { UInt8($0) })
    }
}
