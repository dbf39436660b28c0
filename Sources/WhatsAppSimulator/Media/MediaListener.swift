import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// One of the media servers: HTTP on 127.0.0.1, on a port of its own.
struct MediaListener: Sendable {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Further connections are closed at once.
    private static let maximumConnections = 256
    /// Seconds after which a connection on which nothing moves is closed.
    private static let idleTime: Int64 = 75

    let channel: NIOAsyncChannel<Connection, Never>

    var port: Int { self.channel.channel.localAddress?.port ?? 0 }

    init() async throws {
        self.channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        IdleStateHandler(allTimeout: .seconds(Self.idleTime)))
                    try channel.pipeline.syncOperations.addHandler(IdleConnectionCloser())
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Serves until the listening socket is closed.
    /// - Parameter host: its place among the media servers, counted from 1.
    func run(_ server: SimulatedServer, host: Int, files: MediaFiles) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            let count = ConnectionCount(limit: Self.maximumConnections)
            try await self.channel.executeThenClose { inbound in
                for try await connection in inbound {
                    group.addTask {
                        guard count.enter() else { return await Self.refuse(connection) }
                        defer { count.leave() }
                        if await server.isMediaHostDown(host) { return await Self.refuse(connection) }
                        await MediaConnection(server: server, files: files, connection: connection).run()
                    }
                }
            }
            group.cancelAll()
        }
    }

    private static func refuse(_ connection: Connection) async {
        // That the other side is gone already makes no difference.
        try? await connection.channel.closeWithoutGoodbye()
        try? await connection.executeThenClose { _, _ in }
    }
}

/// Closes a connection on which nothing has moved for a while.
private final class IdleConnectionCloser: ChannelInboundHandler, Sendable {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

extension Channel {
    /// Makes the coming close one as when a network fails.
    func closeWithoutGoodbye() async throws {
        try await (self as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
}
