import Foundation
import Glibc
import SpoolTestSupport
import Synchronization

/// Where a server listens.
enum ServerAddress: Sendable {
    /// Of 127.0.0.1.
    case port(UInt16)
    case socket(String)
}

/// One request over a connection of its own, byte for byte as written here.
struct HTTPExchange: Sendable {
    var method = "GET"
    var target: String
    var fields: [String: String] = [:]
    var body: String = ""

    /// - Throws: `SystemCallFailed` when nobody listens or the server goes away.
    func send(to address: ServerAddress) async throws -> HTTPAnswer {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try self.exchange(with: address) })
            }
        }
    }

    private func exchange(with address: ServerAddress) throws -> HTTPAnswer {
        let descriptor = try Self.connect(to: address)
        defer { close(descriptor) }
        var text = "\(self.method) \(self.target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for (name, value) in self.fields.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        if !self.body.isEmpty { text += "Content-Length: \(self.body.utf8.count)\r\n" }
        try Self.write(Array((text + "\r\n" + self.body).utf8), to: descriptor)
        return try HTTPAnswer(try Self.readAll(from: descriptor))
    }

    private static func connect(to address: ServerAddress) throws -> Int32 {
        let descriptor: Int32
        let status: Int32
        switch address {
        case .port(let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = LoopbackPort.name(port)
            status = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .socket(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
            status = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw SystemCallFailed(call: "connect", code: code)
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemCallFailed(call: "send", code: errno) }
            sent += count
        }
    }

    private static func readAll(from descriptor: Int32) throws -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw SystemCallFailed(call: "read", code: errno) }
            guard count > 0 else { return all }
            all += piece[..<count]
        }
    }
}

/// What the server said.
struct HTTPAnswer {
    let status: Int
    /// By lower-case name.
    let fields: [String: String]
    let body: [UInt8]

    struct Unreadable: Error {
        let bytes: [UInt8]
    }

    init(_ bytes: [UInt8]) throws {
        let blankLine = Array("\r\n\r\n".utf8)
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: blankLine) }) else {
            throw Unreadable(bytes: bytes)
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Unreadable(bytes: bytes)
        }
        self.status = status
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw Unreadable(bytes: bytes) }
            fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        self.fields = fields
        self.body = Array(bytes[(end + blankLine.count)...])
    }

    func json() throws -> JSON { try JSON(self.body) }
}

/// Free ports of 127.0.0.1 for daemons.
enum LoopbackPort {
    private static let last = Mutex(UInt16.random(in: 0..<Self.count))
    /// Below the ports that the kernel gives to connections, of which the tests have many.
    private static let first: UInt16 = 20_000
    private static let count: UInt16 = 12_000

    /// A port that is free, and that no other test of this process gets for a long while.
    static func free() throws -> UInt16 {
        for _ in 0..<Self.count {
            let offset = Self.last.withLock { last in
                last = (last + 1) % Self.count
                return last
            }
            if try Self.isFree(Self.first + offset) { return Self.first + offset }
        }
        throw SystemCallFailed(call: "bind", code: EADDRINUSE)
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallFailed(call: "socket", code: errno) }
        defer { close(descriptor) }
        var name = Self.name(port)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    static func name(_ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return name
    }
}
