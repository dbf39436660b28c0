import CryptoPrimitives
import Logging
import NIOCore
import NIOWebSocket
import NoiseProtocol
import WhatsAppBinary

/// What the server wants a connection to do, in order.
enum ConnectionCommand: Sendable {
    /// The handshake is done; what follows is encrypted with this.
    case start(CipherState)
    case send([(node: Node, style: FrameStyle)])
    case pong(ByteBuffer)
    /// Ends; with a goodbye in the WebSocket's way unless abruptly.
    case close(abruptly: Bool)
}

/// One client's connection from its upgrade to its end: one task reads, one writes, a third ends it when the client
/// does not come to the point.
struct SimulatedConnection: Sendable {
    /// Seconds a client has for its handshake.
    static let handshakeTime: Duration = .seconds(20)
    /// Seconds a client has to answer a goodbye; what it was sent before could be lost otherwise.
    static let lingerTime: Duration = .seconds(1)

    let id: ConnectionID
    let server: SimulatedServer
    let commands: AsyncStream<ConnectionCommand>
    let continuation: AsyncStream<ConnectionCommand>.Continuation
    let faults: [FaultAction]
    let random: SimulationRandom
    let clock: any Clock<Duration>
    let compressAbove: Int?

    /// What one of the tasks has come to.
    private enum Part {
        case isEstablished, isLate
        /// The client has said all it will, or what cannot be followed.
        case hasRead
        case hasSaidGoodbye, hasBroken
        case hasLingered
    }

    func run(_ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, as identity: ServerIdentity) async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await self.run(inbound, outbound, as: identity)
            }
        } catch let error as NIOWebSocketError {
            await self.server.note(self.id, "this is no WebSocket: \(error)")
        } catch {
            // The client is gone, or the server stops: neither is worth a complaint.
            self.server.logger.debug("a connection failed", metadata: ["error": "\(error)"])
        }
        await self.server.closed(self.id)
    }

    private func run(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, as identity: ServerIdentity
    ) async throws {
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { try await self.read(inbound, outbound, as: identity) }
            group.addTask { try await self.write(to: outbound) }
            group.addTask {
                try await self.clock.sleep(for: Self.handshakeTime)
                return await self.server.isEstablished(self.id) ? .isEstablished : .isLate
            }
            defer { group.cancelAll() }
            var hasRead = false
            var hasSaidGoodbye = false
            while !hasRead || !hasSaidGoodbye, let part = try await group.next() {
                switch part {
                case .isEstablished: break
                case .hasRead: hasRead = true
                case .hasSaidGoodbye:
                    hasSaidGoodbye = true
                    group.addTask {
                        try await self.clock.sleep(for: Self.lingerTime)
                        return .hasLingered
                    }
                case .isLate: return await self.server.note(self.id, "no handshake in \(Self.handshakeTime)")
                case .hasBroken, .hasLingered: return
                }
            }
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, as identity: ServerIdentity
    ) async throws -> Part {
        defer { self.continuation.yield(.close(abruptly: false)) }
        var random = self.random
        let responder = try HandshakeXX.Responder(
            prologue: ConnectionHeader.prologue, staticKey: identity.staticKey,
            certificates: identity.certificates(self.faults, using: &random), using: &random)
        var reader = StreamReader(responder)
        var isText = false
        for try await frame in inbound {
            switch frame.opcode {
            case .binary, .continuation:
                if frame.opcode == .binary { isText = false }
                guard !isText else { continue }
                try reader.push(frame.unmaskedData.readableBytesView)
                guard try await self.takeEvents(from: &reader, outbound) else { return .hasRead }
            case .text:
                isText = true
                await self.server.note(self.id, "a text message; only binary ones belong here")
            case .ping: self.continuation.yield(.pong(frame.unmaskedData))
            case .connectionClose: return .hasRead
            default: break
            }
        }
        return .hasRead
    }

    /// - Returns: false when the stream cannot be followed any more.
    private func takeEvents(
        from reader: inout StreamReader, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws -> Bool {
        while true {
            let event: StreamReader.Event?
            do {
                event = try reader.next()
            } catch {
                await self.server.note(self.id, "the stream cannot be followed: \(error)")
                return false
            }
            switch event {
            case nil: return true
            case .hello(var hello):
                if self.faults.contains(.corruptHandshake) { hello[hello.count - 1] ^= 1 }
                try await outbound.write(StreamWriter.frame(FrameCodec.encode(hello)))
            case .established(let noiseKey, let payload, let cipher):
                self.continuation.yield(.start(cipher))
                await self.server.established(self.id, noiseKey: noiseKey, payload: payload)
            case .stanza(let node, let isCompressed):
                if isCompressed { await self.server.note(self.id, "a compressed stanza; clients send none") }
                await self.server.received(node, on: self.id)
            case .malformedStanza(let error): await self.server.garbage("a frame is no stanza: \(error)", on: self.id)
            }
        }
    }

    private func write(to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async throws -> Part {
        var writer: StreamWriter?
        for await command in self.commands {
            switch command {
            case .start(let cipher):
                writer = StreamWriter(
                    cipher, compressAbove: self.compressAbove, corruptsFirst: self.faults.contains(.corruptFrame),
                    random: self.random.stream(for: "writer"))
            case .send(let stanzas):
                if let frames = try writer?.frames(for: stanzas) { try await outbound.write(contentsOf: frames) }
            case .pong(let data):
                try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: data))
            case .close(abruptly: true): return .hasBroken
            case .close(abruptly: false):
                var code = ByteBuffer()
                code.write(webSocketErrorCode: .normalClosure)
                try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))
                return .hasSaidGoodbye
            }
        }
        // The client does not read, so nothing can be said to it.
        return .hasBroken
    }
}
