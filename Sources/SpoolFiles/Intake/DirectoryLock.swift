import Glibc
import SpoolCore

/// Keeps a second daemon away from a directory for as long as it lives.
///
/// The lock is flock(2) on `.lock` inside: it goes with the process, however it ends, so there is never a stale one.
public final class DirectoryLock: Sendable {
    private let file: OpenFile

    /// Takes the lock of an existing directory.
    /// - Throws: `IntakeError.locked` when another process has it.
    public init(path: String) throws(IntakeError) {
        let lockPath = SpoolPath(path, DropFileName(".lock"))
        self.file = try OpenFile.open(lockPath, O_RDWR | O_CREAT, mode: 0o600)
        guard flock(self.file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .locked(directory: path, holder: Self.holder(in: self.file)) }
            throw .systemCall("flock", path: lockPath.description, code: errno)
        }
        try self.writeHolder(lockPath)
    }

    /// The process number is for people only; the lock is the kernel's.
    private func writeHolder(_ path: SpoolPath) throws(IntakeError) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(self.file.descriptor, 0) == 0, pwrite(self.file.descriptor, text, text.count, 0) == text.count
        else { throw .systemCall("write", path: path.description, code: errno) }
    }

    private static func holder(in file: OpenFile) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(file.descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
