import Foundation
import GRDB
import Glibc

/// The database as a file: who may read it, and who has it open.
///
/// The lock is flock(2) on a file beside it: it goes with the process, however it ends, so there is never a stale one.
final class DatabaseFile: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the file, mode 0600, and its directory, mode 0700, unless they are there, and takes the lock.
    /// - Throws: `inUse`, `notWritable`.
    init(path: String) throws(StoreError) {
        try Self.makeDirectory(of: path)
        let lockPath = path + ".lock"
        let lock = try Self.openPrivate(lockPath)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(lock)
            throw code == EWOULDBLOCK ? .inUse(path: path) : Self.failure(lockPath, code)
        }
        // SQLite gives its -wal and -shm files the mode of the database, so that has to be right before it opens it. And
        // nobody may close the file while SQLite has it open, for that gives up SQLite's locks: so not without the lock.
        do {
            close(try Self.openPrivate(path))
        } catch {
            close(lock)
            throw error
        }
        // Not before: an initializer that throws when all is set runs `deinit`, which would close the lock again.
        self.path = path
        self.lock = lock
    }

    deinit {
        close(self.lock)
    }

    /// Lets others open the file.
    func unlock() {
        flock(self.lock, LOCK_UN)
    }

    private static func makeDirectory(of path: String) throws(StoreError) {
        let directory = URL(filePath: path).deletingLastPathComponent().path
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Self.failure(directory, errno) }
    }

    private static func openPrivate(_ path: String) throws(StoreError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        guard fchmod(descriptor, 0o600) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        return descriptor
    }

    private static func failure(_ path: String, _ code: Int32) -> StoreError {
        code == ENOSPC ? .diskFull : .notWritable(detail: "\(path): \(String(cString: strerror(code)))")
    }
}
