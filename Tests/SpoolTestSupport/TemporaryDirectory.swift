public import Foundation

/// A new directory that is removed, with all that is in it, when the last reference to it goes.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "spoold-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        self.path = url.path
    }

    deinit {
        // A test may have taken rights away or moved the directory; what is left in the system's temporary directory
        // does no harm.
        try? FileManager.default.removeItem(atPath: self.path)
    }

    public var url: URL { URL(filePath: self.path, directoryHint: .isDirectory) }

    /// The path of something inside.
    public func path(_ relative: String) -> String {
        self.path + "/" + relative
    }

    /// Makes a directory inside and returns its path.
    @discardableResult
    public func makeDirectory(_ relative: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self.path(relative), withIntermediateDirectories: true)
        return self.path(relative)
    }

    /// Writes a file inside and returns its path.
    @discardableResult
    public func write(_ text: String, to relative: String) throws -> String {
        try self.write(Array(text.utf8), to: relative)
    }

    /// Writes a file inside and returns its path.
    @discardableResult
    public func write(_ bytes: [UInt8], to relative: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: self.path(relative)))
        return self.path(relative)
    }

    public func read(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: self.path(relative))))
    }

    public func text(_ relative: String) throws -> String {
        String(decoding: try self.read(relative), as: UTF8.self)
    }

    public func exists(_ relative: String) -> Bool {
        FileManager.default.fileExists(atPath: self.path(relative))
    }

    /// The names in a directory inside, sorted, dotfiles included.
    public func names(in relative: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.path(relative)).sorted()
    }
}
