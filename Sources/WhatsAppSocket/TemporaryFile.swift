import Glibc
import NIOCore
import WhatsAppClient

/// A file without a name: it is gone when nobody uses it any more, however the process ends.
final class TemporaryFile: Sendable {
    private let descriptor: Int32

    init(in directory: String) throws(MediaFileError) {
        var template = Array((directory + "/upload-XXXXXX").utf8CString)
        self.descriptor = mkstemp(&template)
        guard self.descriptor >= 0 else { throw .noRoom("\(directory): \(systemText(errno))") }
        unlink(template)
        _ = fcntl(self.descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        if self.descriptor >= 0 { close(self.descriptor) }
    }

    /// Writes all bytes at the end and empties the array, which keeps its capacity.
    func append(_ bytes: inout [UInt8]) throws(MediaFileError) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                write(self.descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .noRoom(systemText(count < 0 ? errno : EIO)) }
            start += count
        }
        bytes.removeAll(keepingCapacity: true)
    }

    /// What is there from an offset on, at most `limit` bytes.
    func bytes(at offset: Int64, limit: Int) throws(UploadError) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: limit)
        var code: Int32 = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { room in
            while true {
                let count = pread(self.descriptor, room.baseAddress, limit, off_t(offset))
                if count < 0, errno == EINTR { continue }
                if count < 0 { code = errno }
                return max(0, count)
            }
        }
        guard code == 0 else { throw .network("the encrypted file cannot be read: \(systemText(code))") }
        return buffer
    }
}

/// The system's words for an error.
func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }
