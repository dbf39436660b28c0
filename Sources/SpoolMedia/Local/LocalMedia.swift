public import SpoolCore
import CLinuxFiles
import Glibc

/// The files that a user's rows may name: those below one directory, and nothing that a link leads to.
///
/// The kernel itself keeps every path inside (openat2(2)); without that call nothing is opened.
public struct LocalMedia: Hashable, Sendable {
    /// The directory.
    public let root: String
    private let reserved: Set<String>

    /// - Parameter reserved: Names directly below `root` that belong to others, such as the directories of the users
    ///   below that of `default`.
    public init(root: String, reserved: Set<String> = []) {
        self.root = root
        self.reserved = reserved
    }

    /// Opens the file for reading, without waiting for anything.
    /// - Parameter path: Relative to `root`; `.` and doubled slashes are left out, `..` is refused.
    public func open(_ path: String) throws(MediaError) -> MediaFile {
        let relative = try self.components(of: path).joined(separator: "/")
        let directory = Glibc.open(self.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .unreadable(path: path, code: errno) }
        defer { close(directory) }
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        var descriptor = spool_open_beneath(directory, relative, flags)
        // A rename somewhere on the way makes the kernel ask for another try.
        for _ in 0..<Self.attempts where descriptor < 0 && (errno == EAGAIN || errno == EINTR) {
            descriptor = spool_open_beneath(directory, relative, flags)
        }
        guard descriptor >= 0 else { throw Self.error(errno, path) }
        let file = try MediaFile(owning: descriptor, path: path)
        // Such a file may be anybody's: the name alone gives no right to its content.
        guard file.state.links == 1 else { throw .hardLinked(path: path, links: file.state.links) }
        guard file.size > 0 else { throw .empty }
        return file
    }

    /// Copies the file, whole and unchanged, into a new file of our own, which is gone when this throws.
    ///
    /// Never linked: the sender could go on writing into a linked file after it was checked.
    /// - Throws: `changing` when somebody writes it meanwhile, `tooLarge`.
    public func copy(
        _ path: String, into target: String, limit: Int64 = MediaKind.maximumSize
    ) throws(MediaError) -> (hash: ContentHash, size: Int64) {
        try FileCopy(source: self.open(path), target: target, limit: limit).run()
    }

    private static let attempts = 5

    private func components(of path: String) throws(MediaError) -> [Substring] {
        guard !path.utf8.contains(0), !path.hasPrefix("/"), path.utf8.count < Int(PATH_MAX) else {
            throw .outside(path: path)
        }
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard let first = parts.first, !parts.contains(".."), !self.reserved.contains(String(first)) else {
            throw .outside(path: path)
        }
        return parts
    }

    private static func error(_ code: Int32, _ path: String) -> MediaError {
        switch code {
        case ENOENT, ENOTDIR, ENAMETOOLONG: .missing(path: path)
        case ELOOP: .symbolicLink(path: path)
        case EXDEV: .outside(path: path)
        case ENOSYS, E2BIG, EINVAL: .confinementMissing
        case ENXIO, ENODEV: .notARegularFile(path: path)
        default: .unreadable(path: path, code: code)
        }
    }
}
