import Foundation
import Glibc
import NIOCore
import NIOPosix

/// Why the control socket cannot be made.
public enum ControlSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path has more than 103 bytes.
    case pathTooLong(path: String, bytes: Int)
    /// Another daemon answers there.
    case inUse(path: String)
    /// Something that is no socket has that name; it is left alone.
    case notASocket(path: String)
    /// The system refused a step.
    case system(path: String, reason: String)

    init(_ path: String, errno code: Int32) {
        self = .system(path: path, reason: String(cString: strerror(code)))
    }

    public var description: String {
        switch self {
        case .pathTooLong(let path, let bytes):
            "\(path): a socket's path may have \(ControlSocket.longestPath) bytes, this has \(bytes); "
                + "set control.socket to a shorter one"
        case .inUse(let path): "\(path): another daemon answers on this control socket"
        case .notASocket(let path): "\(path): exists and is no socket; remove it or set control.socket to another path"
        case .system(let path, let reason): "\(path): cannot make the control socket: \(reason)"
        }
    }
}

/// The file that the control server listens on.
struct ControlSocket: Sendable {
    /// Linux would take 107 bytes; NIO takes what every system does.
    static let longestPath = 103

    let path: String

    /// Makes way for a new socket: removes what a daemon that is gone has left, and nothing else.
    func clear() async throws(ControlSocketError) {
        guard self.path.utf8.count <= Self.longestPath else {
            throw .pathTooLong(path: self.path, bytes: self.path.utf8.count)
        }
        guard let type = try self.type() else { return }
        guard type == .typeSocket else { throw .notASocket(path: self.path) }
        guard await !self.isAnswered() else { throw .inUse(path: self.path) }
        try self.remove()
    }

    /// Lets the owner and the group use the socket, and nobody else.
    func restrict() throws(ControlSocketError) {
        guard chmod(self.path, 0o660) == 0 else { throw self.systemError() }
    }

    /// Removes the file; that it is gone already is fine.
    func remove() throws(ControlSocketError) {
        guard unlink(self.path) == 0 || errno == ENOENT else { throw self.systemError() }
    }

    /// What has the name now, itself and not what a link leads to; `nil` for nothing.
    private func type() throws(ControlSocketError) -> FileAttributeType? {
        do {
            return try FileManager.default.attributesOfItem(atPath: self.path)[.type] as? FileAttributeType
                ?? .typeUnknown
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        } catch {
            throw .system(path: self.path, reason: error.localizedDescription)
        }
    }

    /// Whether somebody listens: only a refused connection says that nobody does. A listener too busy to accept one
    /// more is there all the same.
    private func isAnswered() async -> Bool {
        do {
            let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.seconds(2))
            try await bootstrap.connect(unixDomainSocketPath: self.path).get().close()
            return true
        } catch let error as IOError {
            return error.errnoCode != ECONNREFUSED && error.errnoCode != ENOENT
        } catch {
            return true
        }
    }

    private func systemError() -> ControlSocketError {
        ControlSocketError(self.path, errno: errno)
    }
}
