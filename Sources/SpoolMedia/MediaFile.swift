import CLinuxFiles
import Glibc

/// A regular file that is open for reading.
public final class MediaFile: Sendable {
    let descriptor: Int32
    private let isOwned: Bool
    let path: String
    /// Bytes, when it was opened.
    public let size: Int64
    let state: FileState

    /// Opens a file of our own.
    public convenience init(_ path: String) throws(MediaError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .store(call: "open", path: path, code: errno) }
        try self.init(owning: descriptor, path: path)
    }

    /// Takes over `descriptor`, and closes it also when this throws.
    convenience init(owning descriptor: Int32, path: String) throws(MediaError) {
        do throws(MediaError) {
            self.init(descriptor, isOwned: true, path: path, try FileState(of: descriptor, path: path))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Leaves closing to the owner, who has to live longer.
    convenience init(borrowing descriptor: Int32, path: String) throws(MediaError) {
        self.init(descriptor, isOwned: false, path: path, try FileState(of: descriptor, path: path))
    }

    private init(_ descriptor: Int32, isOwned: Bool, path: String, _ state: FileState) {
        self.descriptor = descriptor
        self.isOwned = isOwned
        self.path = path
        self.state = state
        self.size = state.size
    }

    deinit {
        if self.isOwned { close(self.descriptor) }
    }

    /// Up to `count` bytes from `offset`; fewer at the end of the file, none behind it.
    func read(_ count: Int, at offset: Int64) throws(MediaError) -> [UInt8] {
        guard offset >= 0, offset < self.size, count > 0 else { return [] }
        let wanted = Int(min(Int64(count), self.size - offset))
        var bytes = [UInt8](repeating: 0, count: wanted)
        var filled = 0
        while filled < wanted {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(self.descriptor, buffer.baseAddress.map { $0 + filled }, wanted - filled, Int(offset) + filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: self.path, code: errno) }
            if count == 0 { break }
            filled += count
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    /// Hands over the whole content in order, a piece at a time in one buffer. Reads on to the end, wherever that is
    /// by then.
    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws(MediaError) -> Void) throws(MediaError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            let count = pread(self.descriptor, buffer.baseAddress, buffer.count, offset)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: self.path, code: errno) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
    }

    private static let pieceSize = 256 << 10

    /// What the file is by now.
    func currentState() throws(MediaError) -> FileState { try FileState(of: self.descriptor, path: self.path) }

    /// Whether the filesystem let the file behind `target` share this one's blocks.
    func clone(into target: Int32) -> Bool { spool_clone_file(self.descriptor, target) == 0 }
}

/// What tells whether a file is still the one that it was.
struct FileState: Equatable, Sendable {
    let size: Int64
    let links: Int
    private let modified: [Int]
    private let changed: [Int]

    /// - Throws: `notARegularFile`, `unreadable`.
    init(of descriptor: Int32, path: String) throws(MediaError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
        self.size = Int64(status.st_size)
        self.links = Int(status.st_nlink)
        self.modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        self.changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
