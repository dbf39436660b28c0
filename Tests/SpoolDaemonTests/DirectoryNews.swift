import Glibc
import SpoolTestSupport

/// The names that appeared in a directory by rename, in the kernel's order.
final class DirectoryNews {
    private let descriptor: Int32

    init(_ directory: String) throws {
        self.descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard self.descriptor >= 0, inotify_add_watch(self.descriptor, directory, UInt32(IN_MOVED_TO)) >= 0 else {
            throw SystemCallFailed(call: "inotify", code: errno)
        }
    }

    deinit { close(self.descriptor) }

    /// All since the last call.
    func names() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(self.descriptor, &buffer, buffer.count)
        var names: [String] = []
        var rest = buffer.prefix(max(0, count))
        // struct inotify_event: four 32-bit numbers, the last the length of the name that follows, padded with NUL.
        while rest.count >= 16 {
            let length = rest.dropFirst(12).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            names.append(String(decoding: name, as: UTF8.self))
            rest = rest.dropFirst(16 + length)
        }
        return names
    }
}
