import Glibc

/// A file without a name, gone when the value is.
struct NamelessFile: ~Copyable {
    let descriptor: Int32

    init(_ bytes: [UInt8]) {
        var template = Array("/tmp/spool-files-XXXXXX".utf8CString)
        self.descriptor = mkstemp(&template)
        precondition(self.descriptor >= 0 && unlink(template) == 0, "no temporary file: errno \(errno)")
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes {
                pwrite(self.descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            precondition(written > 0, "writing a temporary file failed: errno \(errno)")
            offset += written
        }
    }

    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    deinit {
        close(self.descriptor)
    }
}
