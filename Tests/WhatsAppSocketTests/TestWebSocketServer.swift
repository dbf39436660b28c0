import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

/// A server on the loopback that does with every connection what a test says.
enum TestWebSocketServer {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// Serves WebSockets while `body` runs.
    static func serving<Value: Sendable>(
        tls: TLSConfiguration? = nil, _ script: @escaping @Sendable (Connection) async throws -> Void,
        _ body: (_ port: Int) async throws -> Value
    ) async throws -> Value {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    return try self.upgrade(channel)
                }
            }
        return try await Self.accepting(server, script, body)
    }

    private static func accepting<Value: Sendable>(
        _ server: NIOAsyncChannel<EventLoopFuture<Connection?>, Never>,
        _ script: @escaping @Sendable (Connection) async throws -> Void, _ body: (_ port: Int) async throws -> Value
    ) async throws -> Value {
        let port = server.channel.localAddress?.port ?? 0
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.executeThenClose { inbound in
                    try await withThrowingDiscardingTaskGroup { connections in
                        for try await upgrading in inbound {
                            connections.addTask {
                                guard let connection = try? await upgrading.get() else { return }
                                try? await connection.run(script)
                            }
                        }
                    }
                }
            }
            let value: Value
            do {
                value = try await body(port)
            } catch {
                group.cancelAll()
                throw error
            }
            // The scripts see their clients go, and end by themselves.
            try await server.channel.close()
            try await group.waitForAll()
            return value
        }
    }

    private static func upgrade(_ channel: any Channel) throws -> EventLoopFuture<Connection?> {
        let head = HeadBox()
        let upgrader = NIOTypedWebSocketServerUpgrader<Connection?>(
            maxFrameSize: 1 << 24,
            shouldUpgrade: { channel, request in
                head.value.withLock { $0 = request }
                return channel.eventLoop.makeSucceededFuture([:])
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    Connection(
                        channel: try Frames(wrappingChannelSynchronously: channel),
                        request: head.value.withLock { $0 })
                }
            })
        let configuration = NIOTypedHTTPServerUpgradeConfiguration<Connection?>(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in channel.eventLoop.makeSucceededFuture(nil) })
        return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration))
    }

    /// Answers every connection with these bytes and no more, while `body` runs.
    static func answering<Value: Sendable>(
        _ answer: String, _ body: (_ port: Int) async throws -> Value
    ) async throws -> Value {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CannedAnswer(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let value: Value
        do {
            value = try await body(server.localAddress?.port ?? 0)
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
        return value
    }

    /// One client.
    struct Connection: Sendable {
        let channel: Frames
        let request: HTTPRequestHead?

        func run(_ script: @Sendable (Connection) async throws -> Void) async throws {
            try await script(self)
            try? await self.channel.channel.close()
        }

        func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true, rsv1: Bool = false) async throws {
            let frame = WebSocketFrame(fin: fin, rsv1: rsv1, opcode: opcode, data: ByteBuffer(bytes: bytes))
            try await self.channel.channel.writeAndFlush(frame)
        }

        /// All frames of the client, as they come.
        func withFrames<Value: Sendable>(
            _ body: (inout NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator) async throws -> Value
        ) async throws -> Value {
            try await self.channel.executeThenClose { inbound, _ in
                var frames = inbound.makeAsyncIterator()
                return try await body(&frames)
            }
        }
    }
}

private final class HeadBox: Sendable {
    let value = Mutex<HTTPRequestHead?>(nil)
}

private final class CannedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String
    private var isDone = false

    init(_ answer: String) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDone, !self.answer.isEmpty else { return }
        self.isDone = true
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: self.answer)), promise: nil)
    }
}
