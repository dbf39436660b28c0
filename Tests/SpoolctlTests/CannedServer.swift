import Foundation
import Glibc
import SpoolTestSupport
import Synchronization

/// Answers every connection on a Unix socket with the same bytes, whatever it is asked.
final class CannedServer: Sendable {
    private let directory: TemporaryDirectory
    private let listener: Int32
    private let last = Mutex("")

    init(answer: String = "") throws {
        self.directory = try TemporaryDirectory()
        self.listener = try Self.listen(at: self.directory.path("s"))
        // The thread does not keep this object alive, whose end shuts the socket down and so ends the thread.
        let listener = self.listener
        let note: @Sendable (String) -> Void = { [weak self] request in self?.last.withLock { $0 = request } }
        Thread.detachNewThread { Self.serve(listener, Array(answer.utf8), note) }
    }

    deinit { self.stopListening() }

    var path: String { self.directory.path("s") }

    /// The latest request, head and body.
    var request: String { self.last.withLock { $0 } }

    /// Leaves the socket's file behind with nobody on it.
    func stopListening() {
        shutdown(self.listener, Int32(SHUT_RDWR))
    }

    private static func serve(_ listener: Int32, _ answer: [UInt8], _ note: (String) -> Void) {
        var connections: [Int32] = []
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            connections.append(connection)
            while let request = Self.request(on: connection) {
                note(request)
                guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { break }
            }
        }
        for connection in connections { close(connection) }
        close(listener)
    }

    /// One head and its body; `nil` when the other side has gone.
    static func request(on connection: Int32) -> String? {
        var text = ""
        while true {
            var piece = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            text += String(decoding: piece[..<count], as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
            if text[end.upperBound...].utf8.count >= length { return text }
        }
    }

    static func listen(at path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, Glibc.listen(descriptor, 16) == 0 else { throw SystemCallFailed(call: "bind", code: errno) }
        return descriptor
    }
}
