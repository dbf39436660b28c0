import CryptoPrimitives
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import NoiseProtocol
import SpoolTestSupport
import WhatsAppBinary

/// A client made of nothing but the codecs: connects, shakes hands, sends and receives stanzas. For one task only.
final class RawClient {
    struct Closed: Error {}

    private var inbound: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private var codec = FrameCodec()
    private var ciphers: TransportCiphers?
    /// Stanzas that came while another was waited for.
    private var backlog: [Node] = []
    /// How many frames came compressed, and how many WebSocket messages there were.
    private(set) var compressedFrames = 0
    private(set) var messages = 0
    private(set) var frames = 0
    /// Whether the server said goodbye before it closed.
    private(set) var hasGoodbye = false

    private init(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Opens the WebSocket and lets `body` use it.
    static func open<Value: Sendable>(
        port: Int, origin: String? = "https://web.whatsapp.com", path: String = "/ws/chat",
        _ body: (RawClient) async throws -> Value
    ) async throws -> Value {
        let upgrade = try await self.dial(port: port, origin: origin, path: path)
        guard let channel = try await upgrade.get() else { throw Closed() }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawClient(inbound, outbound))
        }
    }

    /// The same with the handshake done.
    static func connect<Value: Sendable>(
        _ endpoint: Int, root: PublicKey, _ device: TestDevice, payload: [UInt8], now: Date = Date(),
        _ body: (RawClient) async throws -> Value
    ) async throws -> Value {
        try await self.open(port: endpoint) { client in
            try await client.shakeHands(device, payload, root: root, now: now)
            return try await body(client)
        }
    }

    private static func dial(
        port: Int, origin: String?, path: String
    ) async throws -> EventLoopFuture<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?> {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                let upgrader = NIOTypedWebSocketClientUpgrader<NIOAsyncChannel<WebSocketFrame, WebSocketFrame>?>(
                    maxFrameSize: 1 << 24,
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                        }
                    })
                var headers: HTTPHeaders = ["Host": "127.0.0.1", "Content-Length": "0"]
                if let origin { headers.add(name: "Origin", value: origin) }
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
                let configuration = NIOTypedHTTPClientUpgradeConfiguration(
                    upgradeRequestHead: head, upgraders: [upgrader],
                    notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(nil) })
                return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                    configuration: .init(upgradeConfiguration: configuration))
            }
        }
    }

    func shakeHands(_ device: TestDevice, _ payload: [UInt8], root: PublicKey, now: Date) async throws {
        var generator = SystemRandomNumberGenerator()
        let initiator = try HandshakeXX.Initiator(
            prologue: ConnectionHeader.prologue, staticKey: device.noise, payload: payload, using: &generator)
        try await self.write(ConnectionHeader().bytes + FrameCodec.encode(initiator.clientHello))
        guard let answer = try await self.nextFrame() else { throw Closed() }
        let end = try initiator.receive(
            serverHello: answer, trusting: CertificateRoot(key: root), now: now)
        try await self.write(FrameCodec.encode(end.clientFinish))
        self.ciphers = end.ciphers
    }

    /// Sends bytes of the stream as one WebSocket message.
    func write(_ bytes: [UInt8], opcode: WebSocketOpcode = .binary) async throws {
        let data = ByteBuffer(bytes: bytes)
        try await self.outbound.write(
            WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data))
    }

    func send(_ node: Node) async throws { try await self.send(payload: NodeEncoder.encode(node)) }

    func send(payload: [UInt8]) async throws {
        guard let ciphertext = try self.ciphers?.send.encrypt(payload) else { throw Closed() }
        try await self.write(FrameCodec.encode(ciphertext))
    }

    /// The next stanza that fits; others are kept. `nil` when the connection ends first.
    func next(_ tag: String, where condition: (Node) -> Bool = { _ in true }) async throws -> Node? {
        if let index = self.backlog.firstIndex(where: { $0.tag == tag && condition($0) }) {
            return self.backlog.remove(at: index)
        }
        while let node = try await self.nextNode() {
            if node.tag == tag, condition(node) { return node }
            self.backlog.append(node)
        }
        return nil
    }

    func expect(_ tag: String, where condition: (Node) -> Bool = { _ in true }) async throws -> Node {
        guard let node = try await self.next(tag, where: condition) else {
            throw NothingSent(tag: tag, others: self.backlog.map(\.description))
        }
        return node
    }

    /// The stanzas with this tag that came while others were waited for.
    func takeBacklog(_ tag: String) -> [Node] {
        let nodes = self.backlog.filter { $0.tag == tag }
        self.backlog.removeAll { $0.tag == tag }
        return nodes
    }

    func query(_ iq: Node) async throws -> Node {
        try await self.send(iq)
        return try await self.expect("iq") { $0.string("id") == iq.string("id") }
    }

    private func nextNode() async throws -> Node? {
        guard let frame = try await self.nextFrame(), let payload = try self.ciphers?.receive.decrypt(frame) else {
            return nil
        }
        self.frames += 1
        if payload.first == 2 { self.compressedFrames += 1 }
        return try NodeDecoder.decode(payload)
    }

    func nextFrame() async throws -> [UInt8]? {
        while true {
            if let frame = try self.codec.nextFrame() { return frame }
            guard let message = try await self.inbound.next() else { return nil }
            switch message.opcode {
            case .binary, .continuation:
                self.messages += 1
                try self.codec.push(message.data.readableBytesView)
            case .connectionClose:
                self.hasGoodbye = true
                return nil
            default: break
            }
        }
    }

    /// Whether the server closes the connection, whatever it sends before.
    func isClosed() async -> Bool {
        do {
            while try await self.nextFrame() != nil {}
        } catch {
            // A connection that is torn is closed as well.
        }
        return true
    }
}
