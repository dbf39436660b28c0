import Foundation
import Glibc
import SpoolTestSupport

/// A program that was started, with its output in files.
final class Program: Sendable {
    /// How it ended.
    enum End: Equatable {
        case exited(Int32)
        case killed(by: Int32)
    }

    private let process: Process

    /// - Parameters:
    ///   - environment: All of it; nothing is inherited but the search path.
    ///   - output: Files for standard output and standard error, appended to; they may be the same.
    init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        output: (out: String, error: String)
    ) throws {
        self.process = Process()
        self.process.executableURL = URL(filePath: path)
        self.process.arguments = arguments
        self.process.environment = environment.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { own, _ in own }
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = try Self.appending(to: output.out)
        self.process.standardError = try Self.appending(to: output.error)
        try self.process.run()
    }

    deinit {
        if self.process.isRunning { Glibc.kill(self.process.processIdentifier, SIGKILL) }
    }

    var id: Int32 { self.process.processIdentifier }
    var isRunning: Bool { self.process.isRunning }

    func signal(_ number: Int32) {
        Glibc.kill(self.id, number)
    }

    /// Waits until it has ended.
    func end(upTo limit: Duration = .seconds(120)) async throws -> End {
        try await eventually("the end of process \(self.id)", upTo: limit) { !self.isRunning }
        let status = self.process.terminationStatus
        return self.process.terminationReason == .exit ? .exited(status) : .killed(by: status)
    }

    private static func appending(to path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemCallFailed(call: "open", code: errno) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

/// What a program that ran to its end has said.
struct ProgramResult {
    let end: Program.End
    let output: String
    let errors: String

    /// Runs a program to its end.
    static func of(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> ProgramResult {
        let files = try TemporaryDirectory()
        let program = try Program(
            path, arguments, environment: environment, output: (files.path("out"), files.path("error")))
        let end = try await program.end()
        return ProgramResult(end: end, output: try files.text("out"), errors: try files.text("error"))
    }
}
