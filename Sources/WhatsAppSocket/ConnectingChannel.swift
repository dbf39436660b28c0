import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization
import WhatsAppClient

/// One attempt to connect: knows its channels, so that it can be given up at any time, and what the server answered.
final class ConnectingChannel: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var isGivenUp = false
        var isTimedOut = false
        var status: HTTPResponseStatus?
    }

    private let request: UpgradeRequest
    private let tls: NIOSSLContext?
    private let deadline: NIODeadline
    private let timeout: TimeAmount
    private let state = Mutex(State())

    init(request: UpgradeRequest, tls: NIOSSLContext?, timeout: Duration) {
        self.request = request
        self.tls = tls
        self.timeout = TimeAmount(timeout)
        self.deadline = .now() + self.timeout
    }

    /// The status when it was no WebSocket's.
    var refusal: HTTPResponseStatus? {
        self.state.withLock { $0.status == .switchingProtocols ? nil : $0.status }
    }
    var isTimedOut: Bool { self.state.withLock { $0.isTimedOut } }

    func connect(on group: any EventLoopGroup) async throws -> FrameChannel {
        try await withTaskCancellationHandler {
            let upgraded = try await ClientBootstrap(group: group).connectTimeout(self.timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: self.request.host, port: self.request.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
                }
            return try await upgraded.get()
        } onCancel: {
            self.giveUp()
        }
    }

    private func giveUp(isTimedOut: Bool = false) {
        let channels = self.state.withLock { state in
            state.isGivenUp = true
            state.isTimedOut = state.isTimedOut || isTimedOut
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    private func configure(_ channel: any Channel) throws -> EventLoopFuture<FrameChannel> {
        let isGivenUp = self.state.withLock { state in
            state.channels.append(channel)
            return state.isGivenUp
        }
        guard !isGivenUp else { throw ChannelError.ioOnClosedChannel }
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try pipeline.addHandler(self.tlsHandler(tls))
        }
        let upgraded = try self.addHTTP(to: pipeline)
        let alarm = channel.eventLoop.scheduleTask(deadline: self.deadline) { self.giveUp(isTimedOut: true) }
        upgraded.whenComplete { _ in alarm.cancel() }
        return upgraded
    }

    /// Addresses have no name to ask for; their certificates have to name the address.
    private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: self.request.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : self.request.host)
    }

    private func addHTTP(to pipeline: ChannelPipeline.SynchronousOperations) throws -> EventLoopFuture<FrameChannel> {
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let reader = StatusReader { status in self.state.withLock { $0.status = status } }
        let upgrader = NIOTypedWebSocketClientUpgrader(
            maxFrameSize: BytePipeLimit.messageSize,
            // It would close before it tells the reason.
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    // Two frames ahead keep the line busy, and the most that is kept is what two may have.
                    try FrameChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(
                            backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2)))
                }
            })
        let handler = NIOTypedHTTPClientUpgradeHandler(
            httpHandlers: [encoder, decoder, reader],
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: self.request.head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.close(promise: nil)
                    return channel.eventLoop.makeFailedFuture(NotUpgraded())
                }))
        try pipeline.addHandlers([encoder, decoder, reader, handler])
        return handler.upgradeResultFuture
    }
}

/// The server answered the request, but not with a WebSocket.
struct NotUpgraded: Error {}

/// Notes the status of the answer as it passes.
private final class StatusReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private let note: (HTTPResponseStatus) -> Void

    init(_ note: @escaping (HTTPResponseStatus) -> Void) {
        self.note = note
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = Self.unwrapInboundIn(data) { self.note(head.status) }
        context.fireChannelRead(data)
    }
}
