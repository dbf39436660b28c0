import Glibc

/// What one look at a file tells; two that are equal mean that nothing was written in between.
public struct FileObservation: Equatable, Sendable {
    public enum Kind: Sendable {
        case regular
        case directory
        case symbolicLink
        case fifo
        case socket
        case device
    }

    public var kind: Kind
    public var device: UInt64
    public var inode: UInt64
    /// Bytes.
    public var size: Int64
    /// Nanoseconds since 1970; only good for comparing, a far date wraps around.
    public var modified: Int64
    /// As `modified`, of the inode: a rename or a new link changes it too.
    public var changed: Int64
    public var linkCount: UInt64
    public var owner: UInt32
    /// Permission bits.
    public var mode: UInt32

    public init(
        kind: Kind = .regular, device: UInt64 = 1, inode: UInt64, size: Int64, modified: Int64 = 0, changed: Int64 = 0,
        linkCount: UInt64 = 1, owner: UInt32 = 0, mode: UInt32 = 0o644
    ) {
        self.kind = kind
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
        self.linkCount = linkCount
        self.owner = owner
        self.mode = mode
    }

    init(_ status: stat) {
        self.init(
            kind: Self.kind(of: status.st_mode), device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            size: Int64(status.st_size), modified: Self.nanoseconds(status.st_mtim),
            changed: Self.nanoseconds(status.st_ctim), linkCount: UInt64(status.st_nlink), owner: status.st_uid,
            mode: status.st_mode & 0o7777)
    }

    /// Looks at what has this name itself, not at what a symbolic link points to; `nil` when there is nothing.
    static func look(at path: SpoolPath) throws(IntakeError) -> FileObservation? {
        var status = stat()
        guard path.withCString({ lstat($0, &status) }) == 0 else {
            if errno == ENOENT { return nil }
            throw .systemCall("lstat", path: path.description, code: errno)
        }
        return FileObservation(status)
    }

    /// Looks at a directory of the spool, which may be a symbolic link; `nil` when there is nothing.
    static func look(atDirectory path: String) throws(IntakeError) -> FileObservation? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .systemCall("stat", path: path, code: errno)
        }
        return FileObservation(status)
    }

    /// What tells whether the content is still the same.
    public var identity: FileIdentity {
        FileIdentity(inode: self.inode, size: self.size, modified: self.modified)
    }

    private static func kind(of mode: mode_t) -> Kind {
        switch mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        default: .device
        }
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// The content of a file as far as the kernel tells without reading it.
public struct FileIdentity: Hashable, Sendable {
    public var inode: UInt64
    /// Bytes.
    public var size: Int64
    /// Nanoseconds since 1970, only good for comparing.
    public var modified: Int64

    public init(inode: UInt64, size: Int64, modified: Int64) {
        self.inode = inode
        self.size = size
        self.modified = modified
    }
}
