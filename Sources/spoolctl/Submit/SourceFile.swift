import Glibc
import SpoolCore
import SpoolFiles

/// The file, or standard input, that a command reads.
struct SourceFile {
    /// `-` for standard input.
    let path: String
    let file: OpenFile

    /// - Throws: 65 when there is no such file, 77 when it may not be read.
    init(path: String) throws(CommandFailure) {
        // Standard input is duplicated, because an `OpenFile` closes what it owns.
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw CommandFailure(
                code == EACCES ? .notPermitted : .badData, "\(path): \(String(cString: strerror(code)))")
        }
        self.path = path
        self.file = OpenFile(owning: descriptor)
    }

    /// The last part of the path, a drop file's name unless another is given; `nil` for standard input.
    var name: DropFileName? {
        self.path == "-" ? nil : DropFileName(self.path.split(separator: "/").last.map(String.init) ?? "")
    }

    /// The next bytes, empty at the end.
    func read(upTo count: Int) throws(CommandFailure) -> ArraySlice<UInt8> {
        var piece = [UInt8](repeating: 0, count: count)
        while true {
            let length = piece.withUnsafeMutableBytes { Glibc.read(self.file.descriptor, $0.baseAddress, $0.count) }
            if length >= 0 { return piece[..<length] }
            guard errno == EINTR else {
                throw CommandFailure(.badData, "\(self.path): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// The first bytes: fewer than `count` only when the file has no more.
    func head(upTo count: Int) throws(CommandFailure) -> [UInt8] {
        var head: [UInt8] = []
        while head.count < count {
            let piece = try self.read(upTo: count - head.count)
            if piece.isEmpty { break }
            head += piece
        }
        return head
    }
}
