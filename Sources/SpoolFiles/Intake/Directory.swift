import Glibc
import SpoolCore

/// The few things done with directories, each with its durability.
enum Directory {
    /// Makes renames and new names in the directory survive a crash.
    static func synchronize(_ path: String) throws(IntakeError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .systemCall("open", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .systemCall("fsync", path: path, code: errno) }
    }

    /// Makes a directory with exactly these permissions; one that exists is left as it is.
    /// - Returns: Whether it was made.
    @discardableResult
    static func make(_ path: String, mode: mode_t) throws(IntakeError) -> Bool {
        guard mkdir(path, mode) == 0 else {
            guard errno == EEXIST else { throw .systemCall("mkdir", path: path, code: errno) }
            guard try FileObservation.look(atDirectory: path)?.kind == .directory else {
                throw .notADirectory(path: path)
            }
            return false
        }
        // The umask took bits away, and mkdir knows no sticky and group bits.
        guard chmod(path, mode) == 0 else { throw .systemCall("chmod", path: path, code: errno) }
        return true
    }

    /// The names in a directory, in no order, without `.` and `..`.
    static func names(in path: String) throws(IntakeError) -> [DropFileName] {
        guard let stream = opendir(path) else { throw .systemCall("opendir", path: path, code: errno) }
        defer { closedir(stream) }
        var names: [DropFileName] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = Self.name(of: entry)
            if name.bytes != [UInt8(ascii: ".")], name.bytes != Array("..".utf8) { names.append(name) }
        }
        // A directory read halfway must not look like one whose other files were deleted.
        guard errno == 0 else { throw .systemCall("readdir", path: path, code: errno) }
        return names
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> DropFileName {
        let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
        return withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: UInt8.self, capacity: capacity) { bytes in
                DropFileName(bytes: Array(UnsafeBufferPointer(start: bytes, count: capacity).prefix { $0 != 0 }))
            }
        }
    }
}
