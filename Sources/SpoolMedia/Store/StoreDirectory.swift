import CLinuxFiles
import Foundation
import SpoolCore

/// The store's files.
///
/// `objects/ab/abcd…` is a content under its hash. `batches/42/` has, for each source of the batch, a record and a hard
/// link to its content: the filesystem counts who needs what, and a content with one name left is needed by nobody.
/// `incoming/` has what is still being received.
struct StoreDirectory: Sendable {
    let root: String

    /// Makes the directories that are missing, and removes what a previous process had not finished receiving.
    init(_ root: String) throws(MediaError) {
        self.root = root
        for path in [root, root + "/objects", root + "/batches", root + "/incoming"] { try Self.make(path) }
        for name in try Self.names(in: root + "/incoming") { try Self.remove("\(root)/incoming/\(name)") }
    }

    func object(_ hash: ContentHash) -> String {
        let name = hash.description
        return "\(self.root)/objects/\(name.prefix(2))/\(name)"
    }

    func incoming(_ name: String) -> String { "\(self.root)/incoming/\(name)" }

    private func batch(_ batch: BatchID) -> String { "\(self.root)/batches/\(batch)" }

    private func record(_ key: ContentHash, of batch: BatchID) -> String { "\(self.batch(batch))/source-\(key)" }

    private func reference(_ key: ContentHash, _ hash: ContentHash, of batch: BatchID) -> String {
        "\(self.batch(batch))/\(Self.referencePrefix)\(key)-\(hash)"
    }

    private static let referencePrefix = "content-"

    /// What is known of a source; `nil` also when the content it speaks of is gone.
    func record(of key: ContentHash, in batch: BatchID) -> SourceRecord? {
        let record = self.read(self.record(key, of: batch))
        if case .content(let content) = record, !self.holds(content.hash, size: content.size) { return nil }
        return record
    }

    /// A missing record is the usual case, and one that a crash left half written is as good as missing.
    private func read(_ path: String) -> SourceRecord? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return try? JSONDecoder().decode(SourceRecord.self, from: data)
    }

    /// Whether the content is there, as long as it has to be: a crash may have cut off what was not synchronized.
    func holds(_ hash: ContentHash, size: Int64) -> Bool {
        var status = stat()
        return stat(self.object(hash), &status) == 0 && Int64(status.st_size) == size
    }

    /// Makes the file at `path` the content, unless it is there already, and the source of the batch one that needs it.
    func adopt(
        _ path: String, as hash: ContentHash, size: Int64, of key: ContentHash, for batch: BatchID
    ) throws(MediaError) {
        let object = self.object(hash)
        if self.holds(hash, size: size) {
            try Self.remove(path)
        } else {
            try Self.make(String(object.dropLast(65)))
            guard rename(path, object) == 0 else { throw .store(call: "rename", path: object, code: errno) }
        }
        try Self.make(self.batch(batch))
        let reference = self.reference(key, hash, of: batch)
        if link(object, reference) == 0 { return }
        guard errno == EEXIST else { throw .store(call: "link", path: reference, code: errno) }
        // An older link may be to a damaged content that was just replaced.
        try Self.remove(reference)
        guard link(object, reference) == 0 else { throw .store(call: "link", path: reference, code: errno) }
    }

    func write(_ record: SourceRecord, of key: ContentHash, in batch: BatchID) throws(MediaError) {
        try Self.make(self.batch(batch))
        let path = self.record(key, of: batch)
        do {
            try JSONEncoder().encode(record).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw .store(call: "write", path: path, code: Self.code(of: error))
        }
    }

    /// Forgets what the batch needs, and removes the contents that nobody else needs.
    func remove(_ batch: BatchID) throws(MediaError) {
        let directory = self.batch(batch)
        guard access(directory, F_OK) == 0 else { return }
        for name in try Self.names(in: directory) {
            try Self.remove("\(directory)/\(name)")
            guard name.hasPrefix(Self.referencePrefix), let hash = name.split(separator: "-").last else { continue }
            try self.removeUnneeded("\(self.root)/objects/\(hash.prefix(2))/\(hash)")
        }
        guard rmdir(directory) == 0 || errno == ENOENT else {
            throw .store(call: "rmdir", path: directory, code: errno)
        }
    }

    /// Forgets what a source of the batch needs, and removes its content when nobody else needs it.
    func remove(_ key: ContentHash, of batch: BatchID) throws(MediaError) {
        let path = self.record(key, of: batch)
        guard case .content(let content) = self.read(path) else { return }
        try Self.remove(self.reference(key, content.hash, of: batch))
        try self.removeUnneeded(self.object(content.hash))
        try Self.remove(path)
    }

    /// The batches that need anything.
    func batches() throws(MediaError) -> [BatchID] {
        try Self.names(in: self.root + "/batches").compactMap { Int64($0) }.map { BatchID(rawValue: $0) }
    }

    /// Removes contents that no batch needs: a crash may have left some.
    func removeUnneeded() throws(MediaError) {
        for part in try Self.names(in: self.root + "/objects") {
            for name in try Self.names(in: "\(self.root)/objects/\(part)") {
                try self.removeUnneeded("\(self.root)/objects/\(part)/\(name)")
            }
        }
    }

    /// Makes all that was stored so far durable.
    func synchronize() throws(MediaError) {
        let descriptor = open(self.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .store(call: "open", path: self.root, code: errno) }
        defer { close(descriptor) }
        guard spool_syncfs(descriptor) == 0 else { throw .store(call: "syncfs", path: self.root, code: errno) }
    }

    private func removeUnneeded(_ object: String) throws(MediaError) {
        var status = stat()
        guard stat(object, &status) == 0, status.st_nlink == 1 else { return }
        try Self.remove(object)
    }

    private static func make(_ path: String) throws(MediaError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .store(call: "mkdir", path: path, code: errno) }
    }

    private static func remove(_ path: String) throws(MediaError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .store(call: "unlink", path: path, code: errno) }
    }

    private static func names(in path: String) throws(MediaError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw .store(call: "readdir", path: path, code: Self.code(of: error))
        }
    }

    private static func code(of error: any Error) -> Int32 {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return (underlying?.domain == NSPOSIXErrorDomain ? underlying?.code : nil).map(Int32.init(truncatingIfNeeded:))
            ?? EIO
    }
}
