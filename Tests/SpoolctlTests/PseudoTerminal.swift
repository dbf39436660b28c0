import Foundation
import Glibc
import SpoolTestSupport
import Synchronization

/// Two ends of a terminal that no person sits at.
final class PseudoTerminal: Sendable {
    /// What a command has for its standard input or output.
    let otherEnd: FileHandle
    private let descriptor: Int32
    private let shown = Mutex<[UInt8]>([])

    /// `TIOCSPTLCK` and `TIOCGPTPEER`, which Swift's Glibc module lacks.
    private static let setLock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    init(columns: UInt16 = 80, rows: UInt16 = 24) throws {
        self.descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard self.descriptor >= 0 else { throw SystemCallFailed(call: "open", code: errno) }
        var isLocked: Int32 = 0
        guard ioctl(self.descriptor, Self.setLock, &isLocked) == 0 else {
            throw SystemCallFailed(call: "ioctl", code: errno)
        }
        let other = ioctl(self.descriptor, Self.openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard other >= 0 else { throw SystemCallFailed(call: "ioctl", code: errno) }
        self.otherEnd = FileHandle(fileDescriptor: other, closeOnDealloc: true)
        try self.resize(columns: columns, rows: rows)
    }

    deinit { close(self.descriptor) }

    func resize(columns: UInt16, rows: UInt16) throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(self.descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
            throw SystemCallFailed(call: "ioctl", code: errno)
        }
    }

    func type(_ text: String) throws {
        guard write(self.descriptor, text, text.utf8.count) == text.utf8.count else {
            throw SystemCallFailed(call: "write", code: errno)
        }
    }

    /// All that was written to the other end so far.
    var output: String {
        self.shown.withLock { shown in
            var piece = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(self.descriptor, &piece, piece.count)
                guard count > 0 else { break }
                shown += piece[..<count]
            }
            return String(decoding: shown, as: UTF8.self)
        }
    }
}
