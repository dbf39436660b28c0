import NIOCore
import NIOPosix
import Synchronization

/// A web server on a loopback port that answers each request with the bytes a test says, valid HTTP or not.
public final class TestWebServer: Sendable {
    public enum Reply: Sendable {
        /// The bytes, then the end of the connection.
        case bytes([UInt8])
        /// The head, then `count` zero bytes or zero bytes without end, for as long as the client reads.
        case zeros(head: String, count: Int?)
        /// The head, then one byte after another, for as long as the client waits.
        case drip(head: String)
        /// Nothing, on a connection that stays open.
        case silence

        public static func text(_ text: String) -> Reply { .bytes(Array(text.utf8)) }

        public static func file(_ bytes: [UInt8], type: String? = nil, status: String = "200 OK") -> Reply {
            let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
            return .bytes(
                Array("HTTP/1.1 \(status)\r\n\(type)Content-Length: \(bytes.count)\r\n\r\n".utf8) + bytes)
        }

        public static func redirect(to location: String, status: Int = 302) -> Reply {
            .text("HTTP/1.1 \(status) Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
        }
    }

    public struct Request: Hashable, Sendable {
        public let path: String
        public let host: String?
        public let head: String
    }

    private let channel: any Channel
    private let log = RequestLog()

    fileprivate final class RequestLog: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// - Parameter host: its own address.
    public init(at host: String = "127.0.0.1", _ answer: @escaping @Sendable (Request) -> Reply) async throws {
        let log = self.log
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerHandler(log: log, answer: answer))
                }
            }
            .bind(host: host, port: 0).get()
    }

    public var port: Int { self.channel.localAddress?.port ?? 0 }

    public var requests: [Request] { self.log.requests.withLock { $0 } }

    public func close() async throws { try await self.channel.close() }
}

/// One connection: one request, one answer.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: TestWebServer.RequestLog
    private let answer: @Sendable (TestWebServer.Request) -> TestWebServer.Reply
    private var received = ""
    private var zerosLeft: Int?
    private var isStreaming = false
    private static let zeros = ByteBuffer(repeating: 0, count: 64 << 10)

    init(
        log: TestWebServer.RequestLog, answer: @escaping @Sendable (TestWebServer.Request) -> TestWebServer.Reply
    ) {
        self.log = log
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received += String(buffer: self.unwrapInboundIn(data))
        guard self.received.hasSuffix("\r\n\r\n") else { return }
        let lines = self.received.split(separator: "\r\n")
        let host = lines.first { $0.lowercased().hasPrefix("host:") }?.dropFirst(5)
        let request = TestWebServer.Request(
            path: String(lines[0].split(separator: " ")[1]), host: host.map { String($0.drop { $0 == " " }) },
            head: self.received)
        self.log.requests.withLock { $0.append(request) }
        switch self.answer(request) {
        case .silence: break
        case .bytes(let bytes):
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            self.closeAfterWriting(context)
        case .zeros(let head, let count):
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
            self.zerosLeft = count
            self.isStreaming = true
            self.stream(context)
        case .drip(let head):
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
            self.drip(context)
        }
    }

    private func drip(_ context: ChannelHandlerContext) {
        let channel = context.channel
        channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { task in
            guard channel.isActive else { return task.cancel() }
            channel.writeAndFlush(ByteBuffer(string: "a"), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if self.isStreaming { self.stream(context) }
    }

    private func stream(_ context: ChannelHandlerContext) {
        while self.isStreaming, context.channel.isWritable {
            let count = min(self.zerosLeft ?? .max, Self.zeros.readableBytes)
            if count == 0 {
                self.isStreaming = false
                return self.closeAfterWriting(context)
            }
            self.zerosLeft = self.zerosLeft.map { $0 - count }
            context.writeAndFlush(
                self.wrapOutboundOut(Self.zeros.getSlice(at: 0, length: count) ?? Self.zeros), promise: nil)
        }
    }

    /// Closing at once would drop what is not written yet.
    private func closeAfterWriting(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.isStreaming = false
        context.close(promise: nil)
    }
}
