import CLinux
import CLinuxFiles
import Glibc

/// The kernel's word that nobody on this machine writes a file: it makes whoever opens the file for writing wait until
/// the lease is given back, and tells of them.
///
/// It is given to the file's owner and to holders of CAP_LEASE, and knows nothing of writers beyond a network
/// filesystem.
final class ReadLease {
    enum State: Equatable {
        case held, somebodyWrites
        /// The kernel gives us none.
        case unavailable
    }

    let state: State
    private let descriptor: Int32

    init(on descriptor: Int32) {
        self.descriptor = descriptor
        // The signal that tells of a writer would be SIGIO and end the process; SIGURG is ignored unless asked for.
        guard fcntl(descriptor, spool_F_SETSIG, SIGURG) == 0 else {
            self.state = .unavailable
            return
        }
        if fcntl(descriptor, spool_F_SETLEASE, F_RDLCK) == 0 {
            self.state = .held
        } else {
            self.state = errno == EAGAIN ? .somebodyWrites : .unavailable
        }
    }

    deinit {
        if self.state == .held { _ = fcntl(self.descriptor, spool_F_SETLEASE, F_UNLCK) }
    }

    /// Whether nobody has asked to write since; `true` also when there is no lease to break.
    var isUnbroken: Bool {
        self.state != .held || fcntl(self.descriptor, spool_F_GETLEASE) == F_RDLCK
    }
}
