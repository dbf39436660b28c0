import ArgumentParser
import Foundation
import SpoolCore
import SpoolFiles

/// From the rename of a one-message file into `incoming` to its answer in `results`, beside a plain rename and fsync.
struct LatencyBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency", abstract: "Milliseconds until a renamed one-message file is queued and answered.")

    @Option(help: "How many files.")
    var files = 300

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let daemon = try DaemonProcess(in: scratch.path("daemon"))
        defer { daemon.stop() }
        var ours: [Double] = []
        var reference: [Double] = []
        for number in 0..<max(1, self.files) {
            let name = "one-\(number).json"
            let text = "{\"number\": \"92300\(1_000_000 + number)\", \"message\": \"Hello\"}\n"
            let written = SpoolPath(daemon.spool, DropFileName(name))
            try Data(text.utf8).write(to: URL(fileURLWithPath: written.description))
            let start = ContinuousClock.now
            try daemon.drop(written)
            try daemon.waitForAnswer(to: name)
            ours.append((ContinuousClock.now - start).seconds * 1000)
            let plain = ContinuousClock.now
            try AtomicFile.write(Array(text.utf8), to: SpoolPath(scratch.root, DropFileName(name)))
            reference.append((ContinuousClock.now - plain).seconds * 1000)
        }
        print("queued and answered: \(Self.summary(ours))")
        print("one durable file alone: \(Self.summary(reference))")
        print("ratio of medians: \(Figures.number(Self.median(ours) / Self.median(reference)))")
    }

    private static func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return "median \(Figures.number(Self.median(values))) ms, "
            + "p99 \(Figures.number(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])) ms of \(values.count)"
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
