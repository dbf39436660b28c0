import Glibc

/// A new file that is hashed while it is written.
final class ContentWriter {
    private let path: String
    private let descriptor: Int32
    private let hasher: ContentHasher
    private let limit: Int64
    private(set) var size: Int64 = 0

    /// - Throws: `store`, also when there is something at `path` already.
    init(creating path: String, limit: Int64) throws(MediaError) {
        self.hasher = try ContentHasher()
        self.descriptor = try Self.create(path)
        self.path = path
        self.limit = limit
    }

    deinit {
        close(self.descriptor)
    }

    /// - Throws: `tooLarge` before the limit is passed, `store`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(MediaError) {
        guard Int64(bytes.count) <= self.limit - self.size else {
            throw .tooLarge(size: nil, limit: self.limit, kind: nil)
        }
        try self.hasher.update(bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(self.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .store(call: "write", path: self.path, code: count < 0 ? errno : EIO) }
            rest = rest.dropFirst(count)
        }
        self.size += Int64(bytes.count)
    }

    /// Takes over all of another file at once, where the filesystem can share its blocks.
    /// - Returns: Whether that was possible; the bytes are then still to be hashed by `hashClone`.
    func clone(_ source: MediaFile) -> Bool {
        source.clone(into: self.descriptor)
    }

    /// Hashes what `clone` took over: from our copy, which nobody changes.
    func hashClone(progress: () -> Void) throws(MediaError) {
        let clone = try MediaFile(borrowing: self.descriptor, path: self.path)
        guard clone.size <= self.limit else { throw .tooLarge(size: clone.size, limit: self.limit, kind: nil) }
        try clone.forEachPiece { piece throws(MediaError) in
            try self.hasher.update(piece)
            progress()
        }
        self.size = clone.size
    }

    /// The hash of all that was written, which nothing has made durable yet.
    func finish() throws(MediaError) -> ContentHash { try self.hasher.finish() }

    /// Removes the file again.
    func discard() {
        unlink(self.path)
    }

    private static func create(_ path: String) throws(MediaError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .store(call: "open", path: path, code: errno) }
        return descriptor
    }
}
