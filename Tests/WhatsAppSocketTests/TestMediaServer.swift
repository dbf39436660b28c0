import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A media server on the loopback that answers every request as a test says, and remembers what it got.
final class TestMediaServer: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8] = []
    }

    enum Behaviour: Sendable {
        /// Reads all of it, then answers.
        case answer(status: Int, headers: [(String, String)] = [], body: String = "")
        /// Answers when it has seen the head, and reads on.
        case answerAtOnce(status: Int)
        /// Goes away after so many bytes of the body.
        case close(after: Int)
        case sayNothing
    }

    private let behaviour: Behaviour
    private let seen = Mutex<[Request]>([])

    var requests: [Request] { self.seen.withLock { $0 } }

    private init(_ behaviour: Behaviour) {
        self.behaviour = behaviour
    }

    /// Serves while `body` runs, which gets the port.
    static func serving<Value: Sendable>(
        _ behaviour: Behaviour, tls: TLSConfiguration? = nil,
        _ body: (_ server: TestMediaServer, _ host: String) async throws -> Value
    ) async throws -> Value {
        let server = TestMediaServer(behaviour)
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let value = try await body(server, "127.0.0.1:\(channel.localAddress?.port ?? 0)")
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: TestMediaServer
        private var request: Request?

        init(_ server: TestMediaServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch Self.unwrapInboundIn(data) {
            case .head(let head):
                self.request = Request(head: head)
                if case .answerAtOnce(let status) = self.server.behaviour { self.answer(context, status) }
            case .body(let bytes):
                self.request?.body.append(contentsOf: bytes.readableBytesView)
                if case .close(let count) = self.server.behaviour, self.request?.body.count ?? 0 >= count {
                    context.close(promise: nil)
                }
            case .end:
                guard let request else { return }
                self.server.seen.withLock { $0.append(request) }
                if case .answer(let status, let headers, let body) = self.server.behaviour {
                    self.answer(context, status, headers, body)
                }
            }
        }

        private func answer(
            _ context: ChannelHandlerContext, _ status: Int, _ headers: [(String, String)] = [], _ body: String = ""
        ) {
            var fields = HTTPHeaders(headers)
            fields.add(name: "Content-Length", value: "\(body.utf8.count)")
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
