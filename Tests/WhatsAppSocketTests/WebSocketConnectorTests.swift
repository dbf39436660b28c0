import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOWebSocket
import SpoolTestSupport
import Testing
import WhatsAppClient
import WhatsAppSocket

@Suite struct WebSocketConnectorTests {
    private func endpoint(
        _ port: Int, scheme: String = "ws", host: String = "127.0.0.1", timeout: Duration = .seconds(20)
    ) throws -> PipeEndpoint {
        PipeEndpoint(url: try #require(URL(string: "\(scheme)://\(host):\(port)/ws/chat?a=b")), timeout: timeout)
    }

    /// Connects and gives what goes wrong.
    private func failure(_ endpoint: PipeEndpoint, _ connector: WebSocketConnector = .init()) async -> PipeError? {
        do {
            try await connector.withPipe(to: endpoint) { _ in }
            return nil
        } catch {
            return error
        }
    }

    /// Sends every binary frame of the client back.
    @Sendable private static func echo(_ connection: TestWebSocketServer.Connection) async throws {
        try await connection.withFrames { frames in
            while let frame = try await frames.next() {
                guard frame.opcode == .binary else { continue }
                #expect(frame.maskKey != nil)
                try await connection.send(.binary, Array(frame.unmaskedData.readableBytesView))
            }
        }
    }

    @Test func `messages of any size go there and back`() async throws {
        try await TestWebSocketServer.serving(Self.echo) { port in
            try await WebSocketConnector().withPipe(to: self.endpoint(port)) { pipe in
                for size in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
                    let message = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                    await #expect(throws: Never.self) {
                        try await pipe.send(message)
                        #expect(try await pipe.receive() == message)
                    }
                }
            }
        }
    }

    @Test func `the request has the headers of the endpoint and the path of its address`() async throws {
        let (requests, continuation) = AsyncStream<String>.makeStream()
        try await TestWebSocketServer.serving { connection in
            let head = try #require(connection.request)
            continuation.yield(
                (["\(head.method) \(head.uri)"]
                    + ["host", "origin", "cache-control", "pragma", "sec-websocket-version", "user-agent"]
                    .map { name in "\(name): \(head.headers[name].joined(separator: ","))" })
                    .joined(separator: "\n"))
        } _: { port in
            try await WebSocketConnector().withPipe(to: self.endpoint(port)) { _ = try? await $0.receive() }
            var requests = requests.makeAsyncIterator()
            #expect(
                await requests.next() == """
                    GET /ws/chat?a=b
                    host: 127.0.0.1:\(port)
                    origin: https://web.whatsapp.com
                    cache-control: no-cache
                    pragma: no-cache
                    sec-websocket-version: 13
                    user-agent: 
                    """)
        }
    }

    @Test(arguments: [400, 401, 403, 404, 408, 429, 500, 502, 503, 301, 200])
    func `another status than a WebSocket's is told`(status: Int) async throws {
        let answer = "HTTP/1.1 \(status) Whatever\r\nContent-Length: 2\r\n\r\nno"
        let error = try await TestWebSocketServer.answering(answer) { try await self.failure(self.endpoint($0)) }
        #expect(error == .refused(status: status))
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chess\r\n\r\n",
    ])
    func `an answer that is no WebSocket's is told`(answer: String) async throws {
        let error = try await TestWebSocketServer.answering(answer) { try await self.failure(self.endpoint($0)) }
        guard case .upgradeFailed = error else {
            Issue.record("\(error.map { "\($0)" } ?? "connected")")
            return
        }
    }

    @Test func `a server that does not answer is given up in time`() async throws {
        let error = try await TestWebSocketServer.answering("") {
            try await self.failure(self.endpoint($0, timeout: .milliseconds(50)))
        }
        #expect(error == .timedOut)
    }

    @Test func `a port where nobody listens is a matter of the network`() async throws {
        let port = try await TestWebSocketServer.answering("") { $0 }
        guard case .network = await self.failure(try self.endpoint(port)) else {
            Issue.record("connected")
            return
        }
    }

    @Test(arguments: ["http://127.0.0.1/", "ws:///ws", "wss://", "file:///etc", "ws://h:0/", "ws://h:70000/"])
    func `an address that is none is told before anything else`(url: String) async throws {
        #expect(await self.failure(PipeEndpoint(url: try #require(URL(string: url)))) == .invalidEndpoint)
    }

    @Test func `cancelling gives a connection up while it is made, and while it is used`() async throws {
        try await TestWebSocketServer.answering("") { port in
            let endpoint = try self.endpoint(port)
            let connecting = Task { await self.failure(endpoint) }
            try await Task.sleep(for: .milliseconds(20))
            connecting.cancel()
            #expect(await connecting.value == .cancelled)
        }
        try await TestWebSocketServer.serving(Self.echo) { port in
            let endpoint = try self.endpoint(port)
            let (open, opened) = AsyncStream<Void>.makeStream()
            let using = Task { () -> PipeError? in
                try await WebSocketConnector().withPipe(to: endpoint) { pipe in
                    opened.yield()
                    do throws(PipeError) {
                        _ = try await pipe.receive()
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for await _ in open { break }
            using.cancel()
            #expect(try await using.value == .cancelled)
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `TLS is spoken with a server whose certificate is known`(host: String) async throws {
        try await TestWebSocketServer.serving(tls: TestCertificate.server(), Self.echo) { port in
            let connector = WebSocketConnector(tls: try TestCertificate.trustingClient())
            try await connector.withPipe(to: self.endpoint(port, scheme: "wss", host: host)) { pipe in
                await #expect(throws: Never.self) {
                    try await pipe.send([1, 2, 3])
                    #expect(try await pipe.receive() == [1, 2, 3])
                }
            }
        }
    }

    @Test func `a server whose certificate is unknown, or that speaks no TLS, is a matter of TLS`() async throws {
        let unknown = try await TestWebSocketServer.serving(tls: TestCertificate.server(), Self.echo) { port in
            await self.failure(try self.endpoint(port, scheme: "wss", host: "localhost"))
        }
        let plain = try await TestWebSocketServer.answering("HTTP/1.1 200 OK\r\n\r\n") { port in
            await self.failure(try self.endpoint(port, scheme: "wss", host: "localhost"))
        }
        for error in [unknown, plain] {
            guard case .tls = error else {
                Issue.record("\(error.map { "\($0)" } ?? "connected")")
                return
            }
        }
    }
}
