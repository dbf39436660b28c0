import Foundation
import Glibc
import SpoolCore
import SpoolQueue
import SpoolTestSupport

/// What a run of the built command came to.
struct CommandResult: Equatable {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { self.output.split(separator: "\n").map(String.init) }
}

/// A run of the built command.
struct RunningCommand {
    private let process: Process
    private let ended: AsyncStream<Void>
    private let outputPath: String
    private let errorPath: String

    init(_ process: Process, outputPath: String, errorPath: String) throws {
        let (ended, signal) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in signal.finish() }
        try process.run()
        self.process = process
        self.ended = ended
        self.outputPath = outputPath
        self.errorPath = errorPath
    }

    /// Waits for its end.
    func result() async throws -> CommandResult {
        let ended = self.ended
        do {
            try await waiting(for: "spoolctl \(self.process.arguments ?? [])") { for await _ in ended {} }
        } catch {
            self.process.terminate()
            throw error
        }
        let status = self.process.terminationStatus
        return CommandResult(
            status: self.process.terminationReason == .exit ? status : -status,
            output: try self.output, errors: try self.errors)
    }

    /// Sends it a signal.
    func signal(_ signal: Int32) {
        kill(self.process.processIdentifier, signal)
    }

    /// What it wrote to standard output so far.
    var output: String {
        get throws { try String(contentsOfFile: self.outputPath, encoding: .utf8) }
    }

    /// What it wrote to standard error so far.
    var errors: String {
        get throws { try String(contentsOfFile: self.errorPath, encoding: .utf8) }
    }
}

/// A spool and a state directory with no daemon, and the built command to be run against them.
final class CommandFixture: Sendable {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)  // 2026-11-21T10:00:00Z

    let spool: TemporarySpool
    private let settings: [String: String]

    /// - Parameter settings: Further environment variables.
    init(users: [UserName] = [], settings: [String: String] = [:]) throws {
        self.spool = try TemporarySpool(users: users)
        self.settings = settings
    }

    var directory: TemporaryDirectory { self.spool.directory }
    var socketPath: String { self.directory.path("state/control.sock") }

    /// Makes the queue's database, as the daemon does at its first start.
    func makeQueue() throws -> QueueDatabase {
        try QueueDatabase.open(path: self.directory.path("state/queue.db"))
    }

    /// Runs the command with the fixture's directory as the current one.
    /// - Parameter input: What standard input is; nothing when it is `nil`.
    func run(_ arguments: String..., input: String? = nil) async throws -> CommandResult {
        try await self.run(arguments, input: input)
    }

    func run(_ arguments: [String], input: String? = nil) async throws -> CommandResult {
        var standardInput = FileHandle.nullDevice
        if let input {
            let path = try self.directory.write(input, to: "stdin-\(UUID().uuidString)")
            standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
        }
        return try await self.run(arguments, standardInput: standardInput)
    }

    func run(_ arguments: [String], standardInput: FileHandle) async throws -> CommandResult {
        try await self.start(arguments, standardInput: standardInput).result()
    }

    /// Starts the command and does not wait for its end.
    /// - Parameter output: Takes standard output in place of the result.
    func start(
        _ arguments: [String], standardInput: FileHandle = .nullDevice, output: FileHandle? = nil
    ) throws -> RunningCommand {
        // Files, not pipes: nobody has to read while the command runs.
        let outputPath = try self.directory.write("", to: "stdout-\(UUID().uuidString)")
        let errorPath = try self.directory.write("", to: "stderr-\(UUID().uuidString)")
        let process = Process()
        process.executableURL = try Self.command
        process.arguments = arguments
        process.currentDirectoryURL = self.directory.url
        process.environment = self.environment
        process.standardInput = standardInput
        process.standardOutput = try output ?? FileHandle(forWritingTo: URL(filePath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
        return try RunningCommand(process, outputPath: outputPath, errorPath: errorPath)
    }

    /// Without what a caller's shell has set.
    private var environment: [String: String] {
        [
            "SPOOLD_SPOOL_DIRECTORY": self.spool.spool, "SPOOLD_STATE_DIRECTORY": self.spool.state,
            "SPOOLD_SPOOL_MINIMUM_FREE": "0",
        ].merging(self.settings) { $1 }
    }

    /// The command that was built beside the tests.
    private static var command: URL {
        get throws {
            var path = [CChar](repeating: 0, count: 4096)
            guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else {
                throw SystemCallFailed(call: "readlink", code: errno)
            }
            let tests = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return URL(filePath: tests).deletingLastPathComponent().appending(path: "spoolctl")
        }
    }
}

extension MessageQueue {
    /// Imports a file of so many rows to fictitious numbers.
    func importBatch(
        _ id: Int64, rows: Int, user: UserName = .default, file: String = "orders.csv", inode: UInt64 = 1,
        refused: [Refusal] = [], ref: String? = nil
    ) async throws {
        let seed = BatchSeed(
            id: BatchID(rawValue: id), user: user, file: DropFileName(file), results: DropFileName(file), format: "csv",
            digest: nil, inode: inode, takenAt: CommandFixture.now, original: "accepted/\(file)", isDryRun: false)
        let good = (0..<rows).map { index in
            ImportRow(
                record: index + 1, line: index + 2,
                content: .success(
                    MessageRequest(recipient: .phone(String(15_550_000_001 + index)), text: "Hello", ref: ref)))
        }
        let bad = refused.enumerated().map { index, refusal in
            ImportRow(record: rows + index + 1, line: rows + index + 2, content: .failure(refusal))
        }
        try await self.finishImport(good + bad, of: seed, isStrict: false, now: CommandFixture.now)
    }

    /// Sends everything that is due, or fails it.
    func settleAll(_ settlement: Settlement = .sent(at: CommandFixture.now)) async throws {
        let claimed = try await self.claim(
            upTo: 1000, for: DeviceID(rawValue: "dev1"), lease: .seconds(60), now: CommandFixture.now,
            makeWireID: { WireMessageID(rawValue: UUID().uuidString) })
        let settled = claimed.map { SettledAttempt(message: $0.id, attempt: $0.attempt, settlement: settlement) }
        try await self.settle(settled, now: CommandFixture.now)
    }
}
