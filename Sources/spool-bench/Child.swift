import Foundation

/// A command that was run to its end.
enum Child {
    /// - Throws: When it cannot be started or ends with another status than 0.
    @discardableResult
    static func run(_ command: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("\(command) ended with status \(process.terminationStatus); is it installed?")
        }
        return (String(decoding: bytes, as: UTF8.self), process.terminationStatus)
    }
}

/// A directory for one benchmark's files.
struct Scratch {
    let root: String

    /// - Parameter parent: the temporary directory when missing.
    init(in parent: String? = nil) throws {
        self.root = (parent ?? FileManager.default.temporaryDirectory.path) + "/spool-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: self.root, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { self.root + "/" + name }

    /// What cannot be removed lies in a directory of its own and harms nobody.
    func remove() { try? FileManager.default.removeItem(atPath: self.root) }
}
