import Foundation
import Glibc
import SpoolTestSupport
import Synchronization

/// A control server on a Unix socket whose answers a test gives, one of them piece by piece.
final class ScriptedServer: Sendable {
    private struct State {
        var requests: [String] = []
        /// The connection that reads the answer in pieces.
        var stream: Int32?
        var isStreamGone = false
    }

    private let listener: Int32
    private let answers: [String: String]
    private let state = Mutex(State())

    /// The request that is answered in pieces.
    static let streamed = "POST /control/devices"

    /// - Parameter answers: The JSON for each request, such as `GET /healthz`; with a status in front if it is not 200.
    init(path: String, answers: [String: String] = [:]) throws {
        self.answers = ["GET /healthz": #"{"success":true}"#].merging(answers) { $1 }
        self.listener = try CannedServer.listen(at: path)
        let listener = self.listener
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                Thread.detachNewThread { [weak self] in
                    while let request = CannedServer.request(on: connection), let self {
                        guard self.answer(request, on: connection) else { break }
                    }
                    // The number is not free before nobody writes to it any more.
                    self?.state.withLock { state in
                        guard state.stream == connection else { return }
                        state.stream = nil
                        state.isStreamGone = true
                    }
                    close(connection)
                }
            }
            close(listener)
        }
    }

    deinit { shutdown(self.listener, Int32(SHUT_RDWR)) }

    /// What was asked so far, head and body each.
    var requests: [String] { self.state.withLock { $0.requests } }

    /// Whether the client has hung up on the answer in pieces.
    var isStreamGone: Bool { self.state.withLock { $0.isStreamGone } }

    /// Sends a line of the answer in pieces, once it has been asked for.
    func push(_ line: String) async throws {
        try await self.pushPiece(line + "\n")
    }

    func pushPiece(_ text: String) async throws {
        try await self.write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    }

    /// Ends the answer in pieces.
    func finish() async throws {
        try await self.write("0\r\n\r\n")
    }

    /// Hangs up in the middle of it.
    func cut() async throws {
        try await eventually("a request for a stream") { self.state.withLock { $0.stream != nil } }
        self.state.withLock { state in
            if let stream = state.stream { shutdown(stream, Int32(SHUT_RDWR)) }
        }
    }

    private func write(_ text: String) async throws {
        try await eventually("a request for a stream") { self.state.withLock { $0.stream != nil } }
        let isSent = self.state.withLock { state in
            state.stream.map { send($0, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count } ?? false
        }
        guard isSent else { throw SystemCallFailed(call: "send", code: errno) }
    }

    /// - Returns: `false` when nothing more can be said on this connection.
    private func answer(_ request: String, on connection: Int32) -> Bool {
        let line = request.split(separator: " ").prefix(2).joined(separator: " ")
        let answer = self.answers[line]
        var text = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        if let answer {
            let status = answer.hasPrefix("{") ? "200" : String(answer.prefix(3))
            let body = answer.drop { $0 != "{" }
            text = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        } else if line != Self.streamed {
            text = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
        }
        guard send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count else { return false }
        self.state.withLock { state in
            state.requests.append(request)
            if answer == nil, line == Self.streamed { state.stream = connection }
        }
        return true
    }
}
