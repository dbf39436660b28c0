import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ServiceLifecycle
import Synchronization

extension SimulatedServer {
    private enum Upgrade: Sendable {
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused(NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Refusal)
    }

    /// Why a request was refused: found when its head comes, used when the pipeline is ready, which then does not show
    /// the head again.
    private final class Refusal: Sendable {
        private let stored = Mutex("the request asks for no WebSocket")

        var reason: String {
            get { self.stored.withLock { $0 } }
            set { self.stored.withLock { $0 = newValue } }
        }
    }

    private static let path = "/ws/chat"
    private static let origin = "https://web.whatsapp.com"

    /// Serves until the task is cancelled, the service group shuts down or `stop()` is called; once only.
    public func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.listen() }
                    try await group.waitForAll()
                }
            } onGracefulShutdown: {
                Task { await self.stop() }
            }
            self.finishRun(SimulatorStopped())
        } catch {
            self.finishRun(error)
            throw error
        }
    }

    /// Waits until a server that runs in another task can be connected to.
    /// - Throws: why it cannot be.
    @discardableResult
    public func start() async throws -> Endpoint {
        while true {
            if let endpoint { return endpoint }
            if let failure { throw failure }
            try await self.waitForEndpoint()
        }
    }

    /// Runs a server while `body` uses it.
    public static func withServer<Value: Sendable>(
        _ server: SimulatedServer, _ body: (SimulatedServer, Endpoint) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let endpoint = try await server.start()
            let value = try await body(server, endpoint)
            await server.stop()
            try await group.waitForAll()
            return value
        }
    }

    private func finishRun(_ error: any Error) {
        self.endpoint = nil
        self.stop()
        self.failWaiters(error)
    }

    private func listen() async throws {
        let channel = try await self.bind()
        self.stopListening = { channel.channel.close(promise: nil) }
        let port = channel.channel.localAddress?.port ?? self.configuration.port
        let files = try MediaFiles()
        defer { files.remove() }
        try await withThrowingDiscardingTaskGroup { group in
            let control = try await self.startControl(in: &group)
            let media = try await self.startMedia(in: &group, files)
            self.announce(Endpoint(port: port, controlPort: control?.port, mediaPorts: media.ports))
            try await channel.executeThenClose { inbound in
                for try await upgrade in inbound {
                    group.addTask { await self.serve(upgrade) }
                }
            }
            control?.stop()
            media.stop()
        }
    }

    private func announce(_ endpoint: Endpoint) {
        self.endpoint = endpoint
        self.logger.info("the simulator listens", metadata: ["port": "\(endpoint.port)"])
        self.resumeStarters()
    }

    private func bind() async throws -> NIOAsyncChannel<EventLoopFuture<Upgrade>, Never> {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: self.configuration.port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.negotiate(on: channel) }
            }
    }

    private static func negotiate(on channel: any Channel) throws -> EventLoopFuture<Upgrade> {
        let refusal = Refusal()
        let upgrader = NIOTypedWebSocketServerUpgrader<Upgrade>(
            maxFrameSize: 1 << 24,
            shouldUpgrade: { channel, head in
                guard let reason = Self.refusal(of: head) else {
                    return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
                }
                refusal.reason = reason
                return channel.eventLoop.makeSucceededFuture(nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                }
            })
        let configuration = NIOTypedHTTPServerUpgradeConfiguration(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel), refusal)
                }
            })
        return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(upgradeConfiguration: configuration))
    }

    /// Why a request is no client's; `nil` when it is one.
    private static func refusal(of head: HTTPRequestHead) -> String? {
        guard head.uri.split(separator: "?").first == Self.path[...] else { return "the path is not \(Self.path)" }
        guard head.headers.first(name: "Origin") == Self.origin else { return "the Origin is not \(Self.origin)" }
        return nil
    }

    private nonisolated func serve(_ upgrade: EventLoopFuture<Upgrade>) async {
        do {
            switch try await upgrade.get() {
            case .webSocket(let channel):
                guard let connection = await self.opened() else {
                    return try await channel.executeThenClose { _, _ in }
                }
                await connection.run(channel, as: self.identity)
            case .refused(let channel, let refusal): try await self.refuse(channel, refusal.reason)
            }
        } catch {
            // Whoever was refused need not wait for the answer, and a connection may end before it says anything.
            self.logger.debug("a connection was never a client's", metadata: ["error": "\(error)"])
        }
    }

    private nonisolated func refuse(
        _ channel: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, _ reason: String
    ) async throws {
        await self.noteRefusedUpgrade(reason)
        try await channel.executeThenClose { inbound, outbound in
            for try await _ in inbound {
                let headers: HTTPHeaders = ["Content-Length": "0", "Connection": "close"]
                let answer = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
                try await outbound.write(contentsOf: [.head(answer), .end(nil)])
                return
            }
        }
    }
}
