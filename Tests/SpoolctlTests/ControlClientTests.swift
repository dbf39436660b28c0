import SpoolControl
import SpoolCore
import SpoolTestSupport
import Testing

struct ControlClientTests {
    @Test func `a socket that is not there is unreachable at once`() async throws {
        let path = try TemporaryDirectory().path("s")
        await #expect(throws: ControlError.unreachable(socket: path, reason: "No such file or directory")) {
            try await ControlClient(socketPath: path).get("/healthz")
        }
    }

    @Test func `a socket that nobody listens on is unreachable at once`() async throws {
        let server = try CannedServer()
        server.stopListening()
        await #expect(throws: ControlError.unreachable(socket: server.path, reason: "Connection refused")) {
            try await ControlClient(socketPath: server.path).get("/healthz")
        }
    }

    @Test func `a path no socket can have is said to be too long`() async throws {
        let path = "/" + String(repeating: "s", count: 120)
        await #expect(throws: ControlError.unreachable(socket: path, reason: "the path is longer than 103 bytes")) {
            try await ControlClient(socketPath: path).get("/healthz")
        }
    }

    @Test func `what is asked arrives percent-encoded`() async throws {
        let server = try CannedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}")
        let client = ControlClient(socketPath: server.path)
        let answer = try await client.get("/api/queue", query: [("ref", "a&b=ü /?%"), ("limit", "1")])
        #expect(try answer.json() == ["a": 1])
        #expect(server.request.hasPrefix("GET /api/queue?ref=a%26b%3D%C3%BC%20%2F%3F%25&limit=1 HTTP/1.1\r\n"))
        _ = try await client.post("/control/cancel", body: ["queueId": 7])
        #expect(server.request.hasPrefix("POST /control/cancel HTTP/1.1\r\n"))
        #expect(server.request.hasSuffix("\r\n\r\n{\"queueId\":7}"))
    }

    @Test func `a refusal carries the envelope's words`() async throws {
        let body = #"{"success":false,"error":"There is no batch 9","code":"NOT_FOUND"}"#
        let server = try CannedServer(
            answer: "HTTP/1.1 404 Not Found\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        await #expect(throws: ControlError.refused(status: 404, code: "NOT_FOUND", message: "There is no batch 9")) {
            try await ControlClient(socketPath: server.path).get("/")
        }
    }

    @Test func `a refusal without an envelope is its status`() async throws {
        let server = try CannedServer(answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops")
        await #expect(throws: ControlError.refused(status: 502, code: nil, message: "HTTP status 502")) {
            try await ControlClient(socketPath: server.path).get("/")
        }
    }

    @Test func `a redirect is not followed`() async throws {
        let server = try CannedServer(
            answer: "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        await #expect(throws: ControlError.refused(status: 302, code: nil, message: "HTTP status 302")) {
            try await ControlClient(socketPath: server.path).get("/")
        }
    }

    @Test func `an answer that is no JSON is malformed`() async throws {
        let server = try CannedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\noops")
        let answer = try await ControlClient(socketPath: server.path).get("/")
        #expect(throws: ControlError.malformed("not a value or a number that is not whole at byte 0")) {
            try answer.json()
        }
    }

    @Test func `an answer that is too long is not read`() async throws {
        let server = try CannedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: \(65 << 20)\r\n\r\n")
        await #expect(throws: ControlError.malformed("it is longer than \(64 << 20) bytes")) {
            try await ControlClient(socketPath: server.path).get("/")
        }
    }

    @Test func `something that does not speak HTTP is malformed`() async throws {
        let server = try CannedServer(answer: "220 mail.example ESMTP\r\n")
        await #expect(throws: ControlError.malformed("it is not HTTP")) {
            try await ControlClient(socketPath: server.path).get("/")
        }
    }

    @Test func `an answer that never comes is waited for as long as was said`() async throws {
        let server = try CannedServer(answer: "HTTP/1.1 200 OK\r\n")
        await #expect(throws: ControlError.timedOut(socket: server.path)) {
            try await ControlClient(socketPath: server.path, timeout: .milliseconds(50)).get("/")
        }
    }
}
