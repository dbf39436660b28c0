import ArgumentParser
import Foundation
import SpoolCore
import SpoolQueue

/// Claims from a queue of a million messages, beside one bare indexed `UPDATE … RETURNING` of the same table.
///
/// At the head of the queue stand recipients that wait and recipients on the suppression list; both are met by the same
/// claims that are measured. Every claim is a commit of its own, and so is every statement of the reference, in the same
/// file and with the same settings. The file lies in memory, where a commit costs nothing but its writing: how long a disk
/// takes to sync is another benchmark's figure, and would hide this one's.
struct ClaimBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim", abstract: "How long claims take with a long queue, and what memory it costs.")

    @Option(help: "Pending messages.")
    var messages = 1_000_000

    @Option(help: "Batches they are in, the first half of which have one message each.")
    var batches = 1000

    @Option(help: "Users.")
    var users = 100

    @Option(help: "Recipients at the head that have to wait, and as many that are on the suppression list.")
    var waiting = 1000

    @Option(help: "Claims that are measured.")
    var claims = 5000

    @Flag(help: "In a file of the temporary directory, syncs and all.")
    var onDisk = false

    func run() async throws {
        let scratch = try Scratch(in: self.onDisk ? nil : "/dev/shm")
        defer { scratch.remove() }
        let small = try await self.measure(10_000, scratch)
        let large = try await self.measure(self.messages, scratch)
        Figures.heading("resident memory of this process after the claims")
        Figures.line("10000 messages", "\(small.residentKiB / 1024) MiB")
        Figures.line("\(self.messages) messages", "\(large.residentKiB / 1024) MiB")
    }

    private func measure(_ messages: Int, _ scratch: Scratch) async throws -> ProcessUsage {
        let path = scratch.path("queue\(messages).db")
        let queue = ClaimQueue(
            database: try QueueDatabase.open(path: path), messages: messages,
            batches: min(self.batches, messages / 1000),
            users: self.users, waiting: min(self.waiting, messages / 100))
        try await queue.fill()
        let reference = try ReferenceUpdate(path: path)
        try reference.execute(ClaimQueue.listing)
        let head = try await queue.drainHead()
        var claims: [Double] = []
        var references: [Double] = []
        var cpuSeconds = 0.0
        for index in 0..<min(self.claims, messages / 2) {
            let before = Self.cpuSeconds
            claims.append(try await queue.claim())
            cpuSeconds += Self.cpuSeconds - before
            references.append(try reference.update(message: Int64(messages - index)))
        }
        Figures.heading("\(messages) messages in \(queue.batches) batches of \(queue.users) users")
        Figures.line("claims past \(queue.waiting * 2) that cannot go", Self.spread(head))
        Figures.line("claims", Self.spread(claims))
        Figures.line("processor time of one, mean, µs", Figures.count(cpuSeconds / Double(claims.count) * 1_000_000))
        Figures.line("one bare UPDATE … RETURNING by id", Self.spread(references))
        Figures.line(
            "ratio of the medians", Figures.number(Self.percentile(claims, 0.5) / Self.percentile(references, 0.5)))
        return ProcessUsage.own
    }

    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func spread(_ seconds: [Double]) -> String {
        let figures = [("p50", 0.5), ("p99", 0.99), ("max", 1)].map { name, part in
            "\(name) \(Figures.count(Self.percentile(seconds, part) * 1_000_000))"
        }
        return "\(seconds.count) of them, µs: " + figures.joined(separator: ", ")
    }

    private static func percentile(_ seconds: [Double], _ part: Double) -> Double {
        let sorted = seconds.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}
