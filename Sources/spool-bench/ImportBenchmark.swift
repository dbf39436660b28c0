import ArgumentParser
import Foundation
import SpoolCore
import SpoolFiles

/// A full durable import of a large CSV file by the daemon, beside `sqlite3`'s own `.import` of the table it made.
///
/// Ours is the time from the rename into `incoming` to the answer that all rows are queued. The reference reads the
/// rows of our message table, dumped as CSV, into an empty copy of it: same schema, same indexes, `synchronous=FULL`.
struct ImportBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Rows a second and peak memory of an import, beside sqlite3 .import.")

    @Option(help: "Rows of the file.")
    var rows = 1_000_000

    @Option(help: "How many times each is measured, in turn.")
    var rounds = 3

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        var ratios: [Double] = []
        for round in 1...max(1, self.rounds) {
            let ours = try self.measureOurs(scratch, round)
            let reference = try Self.measureReference(self.rows, scratch, round)
            ratios.append(ours.seconds / reference)
            print(
                "round \(round): import \(Figures.number(ours.seconds)) s (\(Int(Double(self.rows) / ours.seconds)) rows/s, "
                    + "daemon's peak memory \(ours.peakKiB / 1024) MiB), sqlite3 .import \(Figures.number(reference)) s, "
                    + "ratio \(Figures.number(ours.seconds / reference))")
        }
        print("ratio import / .import, median of \(ratios.count): \(Figures.number(ratios.sorted()[ratios.count / 2]))")
    }

    private func measureOurs(_ scratch: Scratch, _ round: Int) throws -> (seconds: Double, peakKiB: Int) {
        let daemon = try DaemonProcess(in: scratch.path("daemon\(round)"))
        defer { daemon.stop() }
        let written = SpoolPath(daemon.spool, DropFileName("rows.csv"))
        try Self.generate(self.rows, at: written.description)
        let start = ContinuousClock.now
        try daemon.drop(written)
        try daemon.waitForAnswer(to: "rows.csv")
        return ((ContinuousClock.now - start).seconds, try daemon.peakKiB())
    }

    private static func measureReference(_ rows: Int, _ scratch: Scratch, _ round: Int) throws -> Double {
        let source = scratch.path("daemon\(round)/state/queue.db")
        let dump = scratch.path("messages.csv")
        // .import knows no NULL, but fills missing columns at the end with it, and says so on standard error.
        try Child.run(
            "sqlite3",
            ["-csv", source, ".output \(dump)", "SELECT \(Self.columns) FROM message WHERE ref IS NOT NULL;"])
        let target = scratch.path("reference\(round).db")
        try Child.run("sqlite3", [target, "PRAGMA journal_mode=WAL;", try Self.schema(of: source)])
        let start = ContinuousClock.now
        try Child.run("sqlite3", [target, "PRAGMA synchronous=FULL;", ".mode csv", ".import \(dump) message"])
        let seconds = (ContinuousClock.now - start).seconds
        let count = try Child.run("sqlite3", [target, "SELECT count(*) FROM message;"]).output
        guard count == "\(rows)\n" else { throw BenchmarkError("sqlite3 imported \(count) of \(rows) rows") }
        return seconds
    }

    /// The columns that an import sets, as it sets them: some messages may have been sent since. All further ones are NULL.
    private static let columns =
        "id, batchId, userId, record, line, 'pending', priority, number, body, 0, queuedAt, 0, 0, ref"

    private static func schema(of source: String) throws -> String {
        // The columns behind those that are filled have defaults, which .import does not know either.
        try Child.run("sqlite3", [source, ".schema --nosys message"]).output
            .replacingOccurrences(of: "NOT NULL DEFAULT", with: "DEFAULT")
    }

    private static func generate(_ rows: Int, at path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("\(path) cannot be written") }
        var text = "number,message,ref\n"
        for row in 0..<rows {
            text +=
                "92300\(1_000_000 + row % 9_000_000),\"Hello, your order #\(row) has been shipped today.\",order-\(row)\n"
            guard text.utf8.count > 1 << 20 else { continue }
            try file.write(contentsOf: Data(text.utf8))
            text = ""
        }
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
    }
}
