import Foundation
import Glibc
import SpoolTestSupport
import Synchronization

/// A built `spoold`, in dry run unless a test says otherwise, on a spool and a state directory of its own.
///
/// Nothing is paced unless a test says so, files settle and results come quickly. It can be stopped and started again;
/// what is still running when the last reference goes is killed.
final class TestDaemon: Sendable {
    /// Above `spool` and `state`.
    let root: String
    let spool: String
    let state: String
    private let directory: TemporaryDirectory
    private let configuration: String
    private let settings: [String: String]
    private let launcher: [String]
    private let options: [String]
    private let run = Mutex<(program: Program, port: UInt16)?>(nil)

    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - configuration: Sections beside the `scheduler` of `examples/no-pacing.yaml`.
    ///   - settings: By the names of environment variables without `SPOOLD_`.
    ///   - root: An existing directory for `spool` and `state`, if not a temporary one.
    ///   - launcher: A program that runs the daemon, with its arguments.
    ///   - options: Of `spoold run`, beside those for files and directories.
    init(
        configuration: String? = nil, settings: [String: String] = [:], root: String? = nil, launcher: [String] = [],
        options: [String] = ["--dry-run"]
    ) throws {
        self.directory = try TemporaryDirectory()
        self.root = root ?? self.directory.path
        self.spool = self.root + "/spool"
        self.state = self.root + "/state"
        let example = Checkout.example("no-pacing.yaml")
        if let configuration {
            let base = try String(contentsOfFile: example, encoding: .utf8)
            self.configuration = try self.directory.write(base + configuration, to: "spoold.yaml")
        } else {
            self.configuration = example
        }
        let quick = ["RESULTS_GRACE": "0s", "SPOOL_SETTLE": "100ms", "SPOOL_RESCAN": "1s"]
        self.settings = settings.merging(quick) { own, _ in own }
        self.launcher = launcher
        self.options = options
    }

    /// Settings for one message after the other, this far apart, where the example has no gap.
    static func pace(_ gap: String) -> [String: String] {
        ["SCHEDULER_DELAY_MINIMUM": gap, "SCHEDULER_DELAY_MAXIMUM": gap]
    }

    // MARK: Life

    var processID: Int32 { self.run.withLock { $0?.program.id ?? 0 } }

    /// The most bytes that were ever resident.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(self.processID)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(separator: " ").compactMap({ Int($0) }).first else {
            throw Ended(description: "the kernel does not tell its memory")
        }
        return kilobytes * 1024
    }

    var isRunning: Bool { self.run.withLock { $0?.program.isRunning ?? false } }

    /// What it wrote to standard error so far.
    var log: String {
        // Not there before the first start.
        (try? self.directory.text("log")) ?? ""
    }

    /// What it wrote to standard output so far.
    var output: String {
        (try? self.directory.text("out")) ?? ""
    }

    /// Starts it and returns at once.
    func launch() throws {
        let port = try LoopbackPort.free()
        let command = self.launcher + [try BuiltProduct.spoold.path()] + self.arguments
        let log = self.directory.path("log")
        let program = try Program(
            command[0], Array(command.dropFirst()), environment: self.environment(port: port),
            output: (self.directory.path("out"), log))
        self.run.withLock { $0 = (program, port) }
    }

    /// Starts it and returns when it answers.
    func start() async throws {
        try self.launch()
        try await self.wait(for: "the daemon to answer") {
            do {
                return try await self.control("/healthz").status == 200
            } catch is SystemCallFailed {
                return false
            }
        }
    }

    func signal(_ number: Int32) {
        self.run.withLock { $0?.program }?.signal(number)
    }

    func end(upTo limit: Duration = .seconds(120)) async throws -> Program.End {
        guard let program = self.run.withLock({ $0?.program }) else { throw Ended(description: "it was never started") }
        return try await program.end(upTo: limit)
    }

    /// Asks it to end and waits until it has.
    @discardableResult
    func stop() async throws -> Program.End {
        self.signal(SIGTERM)
        return try await self.end()
    }

    private var arguments: [String] {
        ["run"] + self.options + ["--config", self.configuration, "--spool", self.spool, "--state", self.state]
    }

    private func environment(port: UInt16) -> [String: String] {
        var environment = ["SPOOLD_HTTP_LISTEN": "127.0.0.1:\(port)"]
        for (name, value) in self.settings { environment["SPOOLD_" + name] = value }
        return environment
    }

    /// Waits until `condition` holds; fails at once, with the end of the log, when the daemon ends before.
    func wait(
        for what: String, upTo limit: Duration = .seconds(120), _ condition: @escaping @Sendable () async throws -> Bool
    ) async throws {
        do {
            try await eventually(what, upTo: limit) {
                if try await condition() { return true }
                guard self.isRunning else { throw Ended(description: "the daemon has ended before \(what)") }
                return false
            }
        } catch {
            throw Ended(description: "\(error); the log ends:\n\(self.log.suffix(2000))")
        }
    }

    // MARK: Files

    /// Drops a file as a careful writer does: under another name, then renamed.
    func drop(_ text: String, as name: String) throws {
        try self.drop(Array(text.utf8), as: name)
    }

    /// Puts a file into the media directory.
    func put(_ bytes: [UInt8], as name: String) throws {
        try Data(bytes).write(to: URL(filePath: self.spool + "/media/" + name))
    }

    func drop(_ bytes: [UInt8], as name: String) throws {
        let path = self.spool + "/." + name
        try Data(bytes).write(to: URL(filePath: path))
        try moveFile(from: path, to: self.spool + "/incoming/" + name)
    }

    /// The path of an answer.
    func answer(_ name: String) -> String { self.spool + "/results/" + name }

    func read(_ answer: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: self.answer(answer))))
    }

    func json(_ answer: String) throws -> JSON { try JSON(try self.read(answer)) }

    func table(_ answer: String) throws -> CSVTable { CSVTable(try self.read(answer)) }

    func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.spool + "/" + directory).sorted()
    }

    /// Waits for an answer to appear.
    func waitFor(_ answer: String, upTo limit: Duration = .seconds(120)) async throws {
        try await self.wait(for: answer, upTo: limit) { access(self.answer(answer), F_OK) == 0 }
    }

    /// Waits for the last of the answers and gives its ending: `ok`, `some` or `err`.
    func marker(of name: String, upTo limit: Duration = .seconds(120)) async throws -> String {
        let found: @Sendable () -> String? = {
            ["ok", "some", "err"].first { access(self.answer("\(name).\($0)"), F_OK) == 0 }
        }
        try await self.wait(for: "the marker of \(name)", upTo: limit) { found() != nil }
        return found() ?? ""
    }

    // MARK: Questions

    /// Asks the control socket, as an administrator.
    func control(_ target: String, posting body: String? = nil) async throws -> HTTPAnswer {
        let exchange = HTTPExchange(
            method: body == nil ? "GET" : "POST", target: target,
            fields: body == nil ? [:] : ["Content-Type": "application/json"], body: body ?? "")
        return try await exchange.send(to: .socket(self.state + "/control.sock"))
    }

    /// Asks the HTTP API.
    func http(_ exchange: HTTPExchange) async throws -> HTTPAnswer {
        try await exchange.send(to: .port(self.run.withLock { $0?.port ?? 0 }))
    }

    /// One batch as the API tells it.
    func batch(_ id: Int) async throws -> JSON {
        let answer = try await self.control("/api/batches/\(id)").json()
        guard let batch = answer["batch"] else { throw Ended(description: "there is no batch \(id)") }
        return batch
    }

    /// How many messages of a batch are in a state; 0 while there is no such batch.
    func count(_ state: String, of batch: Int) async throws -> Int {
        try await self.control("/api/batches/\(batch)").json()["batch"]?[state]?.int ?? 0
    }

    /// One message as the API tells it, with its attempts.
    func message(_ id: Int) async throws -> JSON {
        let answer = try await self.control("/api/messages/\(id)").json()
        guard let message = answer["message"] else { throw Ended(description: "there is no message \(id)") }
        return message
    }

    /// Runs `spoolctl` on this daemon.
    func spoolctl(_ arguments: String...) async throws -> ProgramResult {
        try await ProgramResult.of(
            try BuiltProduct.spoolctl.path(), arguments + ["--config", self.configuration],
            environment: [
                "SPOOLD_SPOOL_DIRECTORY": self.spool, "SPOOLD_STATE_DIRECTORY": self.state,
                "SPOOLD_TRANSPORT": "dry-run",
            ])
    }
}
