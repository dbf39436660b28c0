import Foundation
import SpoolCore
import SpoolFiles

/// A `spoold run --dry-run` of its own spool, from the directory this benchmark lies in.
final class DaemonProcess {
    let spool: String
    private let process = Process()
    private let layout: SpoolLayout
    private static let patience = Duration.seconds(600)

    /// Returns when the daemon takes files.
    init(in directory: String) throws {
        self.spool = directory + "/spool"
        self.layout = SpoolLayout(root: self.spool)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        self.process.executableURL = own.appendingPathComponent("spoold")
        self.process.arguments = ["run", "--dry-run", "--spool", self.spool, "--state", directory + "/state"]
        self.process.environment = [
            "SPOOLD_HTTP_LISTEN": "127.0.0.1:0", "SPOOLD_LOG_LEVEL": "error", "PATH": "/usr/bin:/bin",
        ]
        try self.process.run()
        try self.wait(for: "the daemon") { FileManager.default.fileExists(atPath: directory + "/state/control.sock") }
        // The first file tells that the watch is armed.
        let probe = SpoolPath(self.spool, DropFileName("probe.json"))
        try Data("{\"number\": \"923001234567\", \"message\": \"probe\"}".utf8)
            .write(to: URL(fileURLWithPath: probe.description))
        try self.drop(probe)
        try self.waitForAnswer(to: "probe.json")
    }

    func drop(_ file: SpoolPath) throws {
        let target = SpoolPath(self.layout.incoming, file.name)
        guard rename(file.description, target.description) == 0 else { throw BenchmarkError("rename: \(errno)") }
    }

    func waitForAnswer(to name: String) throws {
        let answer = self.layout.results + "/" + name
        try self.wait(for: "the answer to \(name)") {
            if access(answer + ".rejected.json", F_OK) == 0 { throw BenchmarkError("\(name) was rejected") }
            return access(answer + ".accepted.json", F_OK) == 0
        }
    }

    /// The most memory the daemon ever had resident.
    func peakKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(self.process.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line?.split(separator: " ").compactMap({ Int($0) }).first else {
            throw BenchmarkError("the kernel does not tell the daemon's memory")
        }
        return kibibytes
    }

    func stop() {
        self.process.terminate()
        self.process.waitUntilExit()
    }

    private func wait(for what: String, _ condition: () throws -> Bool) throws {
        let end = ContinuousClock.now + Self.patience
        while try !condition() {
            guard ContinuousClock.now < end, self.process.isRunning else { throw BenchmarkError("no sign of \(what)") }
            usleep(200)
        }
    }
}
