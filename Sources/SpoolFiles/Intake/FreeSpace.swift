import Glibc

/// How much room a filesystem has left.
public enum FreeSpace {
    /// Bytes that an ordinary user may still write below `path`.
    public static func available(at path: String) throws(IntakeError) -> UInt64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw .systemCall("statvfs", path: path, code: errno) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }
}
