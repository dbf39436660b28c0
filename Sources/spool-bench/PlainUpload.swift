import Foundation
import Glibc

/// What brings a file to a media server with nothing but the system and OpenSSL: one thread reads a piece, encrypts it,
/// adds it to the code and writes it to a socket.
struct PlainUpload {
    private static let pieceSize = 1 << 18
    /// Bytes of the code at the end.
    private static let codeSize = 10

    let path: String
    let raw: RawPrimitives

    init(path: String) throws {
        self.path = path
        self.raw = try RawPrimitives(largestInput: Self.pieceSize)
    }

    /// The name and the length of what `send` will send, found out beforehand: not a part of the comparison.
    func name() throws -> (sha256: [UInt8], length: Int) {
        let hash = try RawHash()
        var length = 0
        try self.encrypt { bytes in
            try hash.update(bytes)
            length += bytes.count
        }
        return (try hash.finish(), length)
    }

    /// Posts the file and returns the status.
    /// - Parameters:
    ///   - host: an address and a port.
    ///   - target: path and query.
    func send(to host: String, target: String, origin: String, length: Int) throws -> Int {
        let descriptor = try Self.connect(to: host)
        defer { close(descriptor) }
        let head =
            "POST \(target) HTTP/1.1\r\nHost: \(host)\r\nOrigin: \(origin)\r\nContent-Length: \(length)\r\n"
            + "Connection: close\r\n\r\n"
        try Array(head.utf8).withUnsafeBytes { try Self.write($0, to: descriptor) }
        try self.encrypt { try Self.write($0, to: descriptor) }
        var answer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &answer, answer.count, 0)
        guard count > 0 else { throw BenchmarkError("no answer to the plain upload") }
        let words = String(decoding: answer[..<count], as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count == 3, let status = Int(words[1]) else { throw BenchmarkError("that is no HTTP") }
        return status
    }

    private func encrypt(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let source = open(self.path, O_RDONLY)
        guard source >= 0 else { throw BenchmarkError("\(self.path) cannot be opened") }
        defer { close(source) }
        try self.raw.startHMAC()
        try self.raw.updateHMAC(self.raw.iv, self.raw.iv.count)
        try self.raw.startCBC(encrypting: true)
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        while true {
            let count = read(source, &piece, piece.count)
            guard count >= 0 else { throw BenchmarkError("\(self.path) cannot be read") }
            guard count > 0 else { break }
            let (bytes, written) = try self.raw.updateCBC(piece, count)
            try self.raw.updateHMAC(bytes, written)
            try take(UnsafeRawBufferPointer(start: bytes, count: written))
        }
        let end = try self.raw.endCBC()
        try self.raw.updateHMAC(end, end.count)
        try (end + self.raw.endHMAC()[..<Self.codeSize]).withUnsafeBytes(take)
    }

    private static func connect(to host: String) throws -> Int32 {
        let port = host.split(separator: ":").last.flatMap { UInt16($0) }
        guard let port, host.hasPrefix("127.0.0.1:") else {
            throw BenchmarkError("\(host) is no server of this machine")
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let status = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw BenchmarkError("\(host) cannot be reached")
        }
        return descriptor
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(
                descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            guard count > 0 else { throw BenchmarkError("the media server has hung up") }
            sent += count
        }
    }
}
