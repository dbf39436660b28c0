import CLinux
import Glibc

/// Finds out whether anybody has a file open for writing, by asking the kernel for a read lease.
///
/// The kernel refuses the lease while there is a writer on this machine. It gives leases to the file's owner and to
/// holders of CAP_LEASE, and knows nothing of writers beyond a network filesystem.
enum WriterProbe {
    /// Opens the file without following links, and tests it.
    static func test(_ path: SpoolPath) throws(IntakeError) -> ReadyRule.WriterTest {
        let file: OpenFile
        do {
            file = try OpenFile.open(path, O_RDONLY)
        } catch .systemCall(let call, let path, let code) {
            switch code {
            // A symbolic link or a socket took the name in the meantime; the next look tells.
            case ENOENT, ELOOP, ENXIO: return .vanished
            case EACCES, EPERM: return .unreadable
            default: throw .systemCall(call, path: path, code: code)
            }
        }
        let seen = try file.observe()
        guard seen.kind == .regular else { return .vanished }
        return self.test(file, seen)
    }

    private static func test(_ file: OpenFile, _ seen: FileObservation) -> ReadyRule.WriterTest {
        // Whoever opens the file for writing in this moment makes the kernel send a signal: SIGIO, which would end the
        // daemon, unless another is chosen. SIGURG is ignored unless a program asks for it.
        guard fcntl(file.descriptor, spool_F_SETSIG, SIGURG) == 0 else { return .unknown(seen) }
        guard fcntl(file.descriptor, spool_F_SETLEASE, F_RDLCK) == 0 else {
            return errno == EAGAIN ? .somebodyWrites(seen) : .unknown(seen)
        }
        // The lease would go with the descriptor; dropped now, a waiting writer waits for microseconds only.
        _ = fcntl(file.descriptor, spool_F_SETLEASE, F_UNLCK)
        return .nobodyWrites(seen)
    }
}
