import Glibc

/// Owns a file descriptor and closes it when the last reference goes.
public final class OpenFile: Sendable {
    public let descriptor: Int32

    /// Takes over `descriptor`.
    public init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // Nothing can be done about a failing close here; whoever writes has called fsync before.
        close(self.descriptor)
    }

    /// Opens a path, never following a symbolic link at its end and never waiting for the other side of a FIFO.
    static func open(_ path: SpoolPath, _ flags: Int32, mode: mode_t = 0) throws(IntakeError) -> OpenFile {
        let descriptor = path.withCString {
            Glibc.open($0, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)
        }
        guard descriptor >= 0 else { throw .systemCall("open", path: path.description, code: errno) }
        return OpenFile(owning: descriptor)
    }

    /// What the file is at this moment.
    public func observe() throws(IntakeError) -> FileObservation {
        var status = stat()
        guard fstat(self.descriptor, &status) == 0 else {
            throw .systemCall("fstat", path: "descriptor \(self.descriptor)", code: errno)
        }
        return FileObservation(status)
    }
}
