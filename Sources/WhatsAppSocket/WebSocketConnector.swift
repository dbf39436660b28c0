public import NIOCore
public import NIOPosix
public import NIOSSL
import NIOWebSocket
public import WhatsAppClient

/// Makes pipes that are WebSockets: over TLS for `wss`, in the open for `ws`.
///
/// One connector serves all devices, so that the system's list of certificates is read once.
public actor WebSocketConnector: BytePipeConnector {
    private let group: any EventLoopGroup
    private let tls: TLSConfiguration
    private var tlsContext: NIOSSLContext?

    /// - Parameter tls: other than the default only in tests, which have certificates of their own.
    public init(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        tls: TLSConfiguration = .makeClientConfiguration()
    ) {
        self.group = group
        self.tls = tls
    }

    public func withPipe<Value: Sendable>(
        to endpoint: PipeEndpoint, _ body: @escaping @Sendable (any BytePipe) async -> Value
    ) async throws(PipeError) -> Value {
        let request = try UpgradeRequest(endpoint)
        let connecting = ConnectingChannel(
            request: request, tls: request.usesTLS ? try self.context() : nil, timeout: endpoint.timeout)
        let channel: FrameChannel
        do {
            channel = try await connecting.connect(on: self.group)
        } catch {
            throw PipeError(connecting: error, connecting)
        }
        do {
            return try await channel.executeThenClose { inbound, _ in
                let pipe = WebSocketPipe(channel: channel.channel, frames: inbound)
                let value = await body(pipe)
                await pipe.close()
                return value
            }
        } catch {
            throw PipeError(error)
        }
    }

    private func context() throws(PipeError) -> NIOSSLContext {
        if let tlsContext { return tlsContext }
        do {
            let context = try NIOSSLContext(configuration: self.tls)
            self.tlsContext = context
            return context
        } catch {
            throw .tls(reason: "\(error)")
        }
    }
}

typealias FrameChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
