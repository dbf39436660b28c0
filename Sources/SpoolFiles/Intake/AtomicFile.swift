import Glibc
import SpoolCore
import Synchronization

/// A file that appears complete or not at all, and never replaces another.
///
/// Bytes go to a dotfile beside the target; `finish` syncs it, renames it and syncs the directory, so that after a
/// crash there is the whole file or none. A file that is not finished is removed when its last reference goes.
public final class AtomicFile {
    /// The start of the dotfiles' names in directories where only the daemon writes.
    public static let prefix = ".spoold-"

    public let target: SpoolPath
    private let temporary: SpoolPath
    private let file: OpenFile
    private var isFinished = false

    /// - Parameters:
    ///   - mode: Permission bits; the umask takes its share.
    ///   - prefix: Another one where other processes write too, so that `removeLeftovers` spares their files.
    public init(_ target: SpoolPath, mode: UInt32 = 0o640, prefix: String = AtomicFile.prefix) throws(IntakeError) {
        self.target = target
        (self.temporary, self.file) = try Self.makeTemporary(in: target.directory, mode: mode, prefix: prefix)
    }

    deinit {
        // What a failing unlink leaves behind goes with `removeLeftovers`.
        if !self.isFinished { _ = self.temporary.withCString { unlink($0) } }
    }

    /// Adds bytes at the end.
    public func append(_ bytes: some Collection<UInt8>) throws(IntakeError) {
        let code =
            bytes.withContiguousStorageIfAvailable { self.write($0) }
            ?? Array(bytes).withUnsafeBufferPointer { self.write($0) }
        guard code == 0 else { throw .systemCall("write", path: self.temporary.description, code: code) }
    }

    /// Makes the file appear. It and its name survive a crash when this returns.
    /// - Returns: What was published.
    /// - Throws: `IntakeError.alreadyExists` when the name is taken; nothing is overwritten.
    @discardableResult
    public func finish() throws(IntakeError) -> FileObservation {
        guard fsync(self.file.descriptor) == 0 else {
            throw .systemCall("fsync", path: self.temporary.description, code: errno)
        }
        try Rename.move(self.temporary, to: self.target)
        self.isFinished = true
        try Directory.synchronize(self.target.directory)
        return try self.file.observe()
    }

    /// Writes a whole file; no bytes make a marker.
    public static func write(
        _ bytes: some Collection<UInt8>, to target: SpoolPath, mode: UInt32 = 0o640
    ) throws(IntakeError) {
        let file = try AtomicFile(target, mode: mode)
        try file.append(bytes)
        try file.finish()
    }

    /// Removes what a killed daemon left unfinished. Only for the one daemon that writes here, before it writes.
    /// - Returns: How many files were removed.
    @discardableResult
    public static func removeLeftovers(in directory: String) throws(IntakeError) -> Int {
        let leftovers = try Directory.names(in: directory).filter { $0.bytes.starts(with: Self.prefix.utf8) }
        for name in leftovers {
            let path = SpoolPath(directory, name)
            guard path.withCString({ unlink($0) }) == 0 || errno == ENOENT else {
                throw .systemCall("unlink", path: path.description, code: errno)
            }
        }
        return leftovers.count
    }

    private static let counter = Atomic<UInt64>(0)

    private static func makeTemporary(
        in directory: String, mode: UInt32, prefix: String
    ) throws(IntakeError) -> (SpoolPath, OpenFile) {
        while true {
            let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
            let path = SpoolPath(directory, DropFileName("\(prefix)\(getpid())-\(number).tmp"))
            do {
                return (path, try OpenFile.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode))
            } catch .systemCall(_, _, EEXIST) {
                // Left by an earlier process with our number: the next name is free.
                continue
            }
        }
    }

    /// - Returns: 0 or an error number.
    private func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = Glibc.write(self.file.descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return 0
    }
}
