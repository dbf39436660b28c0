import ArgumentParser
import Foundation
import SpoolCore

/// What idle linked devices cost a daemon: resident memory, and its share of a core while nothing happens but
/// keepalives. The simulator is another process.
struct SessionsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Memory and CPU of a daemon with idle linked devices.")

    @Option(help: "Linked devices, each of an account of its own.")
    var devices = 50

    @Option(help: "Seconds to wait before anything is measured.")
    var settle = 15

    @Option(help: "Seconds that are measured.")
    var seconds = 60

    func validate() throws {
        guard (0...1000).contains(self.devices), (0...3600).contains(self.settle), (1...86_400).contains(self.seconds)
        else { throw ValidationError("--devices is at most 1000, --settle 3600, --seconds 1 to 86400") }
    }

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try SimulatedPeople(count: 0).writeScript(to: scratch.path("people.json"), senders: self.devices)
        let simulator = try SimulatorProcess(script: scratch.path("people.json"))
        defer { simulator.stop() }
        try FileManager.default.createDirectory(atPath: scratch.path("state"), withIntermediateDirectories: true)
        try await self.link(scratch.path("state/devices.db"), simulator)
        let daemon = try self.startDaemon(scratch, simulator)
        defer { daemon.terminate() }
        try await self.waitForDevices(simulator, daemon)
        try await Task.sleep(for: .seconds(self.settle))
        try await self.measure(daemon, simulator)
    }

    /// Links the devices in this process, into the database that the daemon will open.
    private func link(_ database: String, _ simulator: SimulatorProcess) async throws {
        let devices = try await LinkedDevices(database: database, at: simulator)
        for index in 0..<self.devices {
            let name = DeviceID(rawValue: "device-\(index + 1)")
            try await devices.link(name, as: SimulatedPeople.sender(index), on: simulator)
        }
        try await devices.stop()
    }

    private func startDaemon(_ scratch: Scratch, _ simulator: SimulatorProcess) throws -> Process {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let daemon = Process()
        daemon.executableURL = own.appendingPathComponent("spoold")
        daemon.arguments = ["run", "--spool", scratch.path("spool"), "--state", scratch.path("state")]
        daemon.environment = [
            "SPOOLD_HTTP_LISTEN": "127.0.0.1:0", "SPOOLD_LOG_LEVEL": "error", "PATH": "/usr/bin:/bin",
            "SPOOLD_WHATSAPP_URL": simulator.addresses.ws, "SPOOLD_WHATSAPP_ROOT_KEY": simulator.addresses.rootKey,
        ]
        daemon.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
        try daemon.run()
        return daemon
    }

    private func waitForDevices(_ simulator: SimulatorProcess, _ daemon: Process) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while try await simulator.activeDevices() < self.devices {
            guard ContinuousClock.now < end, daemon.isRunning else {
                throw BenchmarkError("\(try await simulator.activeDevices()) of \(self.devices) devices connected")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func measure(_ daemon: Process, _ simulator: SimulatorProcess) async throws {
        let (before, start) = (ProcessUsage(process: daemon.processIdentifier), ContinuousClock.now)
        try await Task.sleep(for: .seconds(self.seconds))
        let (after, elapsed) = (ProcessUsage(process: daemon.processIdentifier), (ContinuousClock.now - start).seconds)
        guard daemon.isRunning, try await simulator.activeDevices() == self.devices else {
            throw BenchmarkError("not all devices stayed connected")
        }
        let share = (after.cpuSeconds - before.cpuSeconds) / elapsed * 100
        print("\(self.devices) idle devices, \(self.seconds) s")
        Figures.line("resident MiB", Figures.number(Double(after.residentKiB) / 1024))
        Figures.line("resident MB", Figures.number(Double(after.residentKiB) * 1024 / 1_000_000))
        Figures.line("% of a core", Figures.number(share))
    }
}
