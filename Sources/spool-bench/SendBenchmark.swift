import ArgumentParser
import Foundation
import SpoolCore

/// Texts a second through one linked device to known sessions, beside what the same disk does at best.
///
/// No pacing; the simulator is another process, with phones that decrypt every text; the devices' database lies in the
/// working directory. Before anything is measured everybody has been written to and has answered, so that device lists,
/// hidden ids and sessions are known. Texts and the disk are measured in turn: what a disk does changes from one moment
/// to the next.
struct SendBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Texts a second through one device, beside fsyncs and commits a second.")

    @Option(help: "Texts that are measured, all in all.")
    var texts = 10_000

    @Option(help: "To how many people, in turn.")
    var recipients = 1000

    @Option(help: "Texts handed over at once.")
    var batch = 128

    @Option(help: "How many times texts and disk are measured, in turn.")
    var rounds = 5

    private static let device = DeviceID(rawValue: "bench")

    func validate() throws {
        guard (1...10_000_000).contains(self.texts), (1...1_000_000).contains(self.recipients),
            (1...10_000).contains(self.batch), (1...1000).contains(self.rounds)
        else { throw ValidationError("--texts, --recipients, --batch and --rounds must be above 0 and not absurd") }
    }

    func run() async throws {
        let scratch = try Scratch(in: FileManager.default.currentDirectoryPath)
        defer { scratch.remove() }
        let people = SimulatedPeople(count: self.recipients)
        try people.writeScript(to: scratch.path("people.json"))
        let simulator = try SimulatorProcess(script: scratch.path("people.json"))
        defer { simulator.stop() }
        let devices = try await LinkedDevices(database: scratch.path("devices/devices.db"), at: simulator)
        try await devices.link(Self.device, as: SimulatedPeople.sender(), on: simulator)
        try await self.warmUp(devices, people, simulator)
        print("\(self.texts) texts to \(self.recipients) people, \(self.batch) at a time, \(self.rounds) rounds")
        var rounds: [Round] = []
        for number in 1...self.rounds {
            let round = try await self.measure(devices, people, simulator, scratch)
            print("  round \(number): \(round)")
            rounds.append(round)
        }
        self.report(rounds, simulator)
        try await self.check(simulator)
        try await devices.stop()
    }

    /// Writes to everybody twice: the first text is answered, the second goes out in a session both know. The account's
    /// own phone, which gets copies, writes something too.
    private func warmUp(
        _ devices: LinkedDevices, _ people: SimulatedPeople, _ simulator: SimulatorProcess
    ) async throws {
        try await simulator.write("Hello", from: SimulatedPeople.sender(), to: people.recipients[0])
        for round in 1...2 {
            for batch in people.recipients.batches(of: self.batch) {
                try await devices.send("Good morning!", to: batch, from: Self.device)
            }
            try await devices.waitFor("answers and receipts") {
                $0.texts >= self.recipients && $0.delivered >= round * self.recipients
            }
        }
    }

    private func measure(
        _ devices: LinkedDevices, _ people: SimulatedPeople, _ simulator: SimulatorProcess, _ scratch: Scratch
    ) async throws -> Round {
        let count = self.texts / self.rounds
        let recipients = (0..<count).map { people.recipients[$0 % self.recipients] }
        let delivered = devices.news.delivered + count
        let syncs = try DiskComparison.syncsPerSecond(in: scratch)
        let commits = try DiskComparison.commits(to: devices.databasePath)
        let (client, server, start) = (ProcessUsage.own, simulator.usage, ContinuousClock.now)
        for batch in recipients.batches(of: self.batch) {
            let text = "Your order has been shipped and should arrive on Tuesday."
            try await devices.send(text, to: batch, from: Self.device)
        }
        let seconds = (ContinuousClock.now - start).seconds
        try await devices.waitFor("the last receipts") { $0.delivered >= delivered }
        return Round(
            texts: count, seconds: seconds, secondsToReceipts: (ContinuousClock.now - start).seconds,
            clientCPU: ProcessUsage.own.cpuSeconds - client.cpuSeconds,
            simulatorCPU: simulator.usage.cpuSeconds - server.cpuSeconds,
            commits: Int(try DiskComparison.commits(to: devices.databasePath) &- commits),
            syncsPerSecond: (syncs + (try DiskComparison.syncsPerSecond(in: scratch))) / 2,
            commitsPerSecond: try DiskComparison.commitsPerSecond(in: scratch))
    }

    private func report(_ rounds: [Round], _ simulator: SimulatorProcess) {
        let median = { (value: (Round) -> Double) in rounds.map(value).sorted()[rounds.count / 2] }
        Figures.heading("median of \(rounds.count)")
        Figures.line("texts/s, acknowledged", Figures.count(median(\.rate)))
        Figures.line("texts/s, receipts handled too", Figures.count(median { Double($0.texts) / $0.secondsToReceipts }))
        Figures.line("fsyncs/s of 4 KiB", Figures.count(median(\.syncsPerSecond)))
        Figures.line("one-row commits/s of SQLite", Figures.count(median(\.commitsPerSecond)))
        Figures.line(
            "texts in a commit of the device's store", Figures.number(median { Double($0.texts) / Double($0.commits) }))
        Figures.line("µs of CPU a text, client", Figures.count(median { $0.microseconds($0.clientCPU) }))
        Figures.line("µs of CPU a text, simulator", Figures.count(median { $0.microseconds($0.simulatorCPU) }))
        Figures.line("resident MiB, client", Figures.count(Double(ProcessUsage.own.residentKiB) / 1024))
        Figures.line("resident MiB, simulator", Figures.count(Double(simulator.usage.residentKiB) / 1024))
        Figures.line("ratio texts / fsyncs", Figures.number(median { $0.rate / $0.syncsPerSecond }))
        Figures.line("ratio texts / commits of SQLite", Figures.number(median { $0.rate / $0.commitsPerSecond }))
    }

    /// A figure counts only if every phone has read everything once.
    private func check(_ simulator: SimulatorProcess) async throws {
        let expected = self.texts / self.rounds * self.rounds + 2 * self.recipients
        let counts = try await simulator.counts()
        guard counts.shown == expected, counts.rawRepeats == 0, counts.undecryptable == 0 else {
            throw BenchmarkError("the phones should have read \(expected) texts, each once: \(counts)")
        }
        if let complaint = try await simulator.firstComplaint() { throw BenchmarkError("complaint: \(complaint)") }
    }
}

extension SendBenchmark {
    /// Some of the texts, and the disk before and after them.
    private struct Round: CustomStringConvertible {
        let texts: Int
        /// Until the last acknowledgement.
        let seconds: Double
        /// Until the receipts of all texts had been handled.
        let secondsToReceipts: Double
        let clientCPU: Double
        let simulatorCPU: Double
        let commits: Int
        let syncsPerSecond: Double
        let commitsPerSecond: Double

        var rate: Double { Double(self.texts) / self.seconds }

        func microseconds(_ seconds: Double) -> Double { seconds / Double(self.texts) * 1_000_000 }

        var description: String {
            "\(Figures.count(self.rate)) texts/s, \(Figures.count(self.syncsPerSecond)) fsyncs/s, "
                + "\(Figures.count(self.commitsPerSecond)) commits/s"
        }
    }
}

extension Array {
    fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: size).map { self[$0..<Swift.min($0 + size, self.count)] }
    }
}
