import Foundation
import Glibc
import SpoolTestSupport

/// What killed daemons left behind, looked at after every kill: what was once promised must still hold.
struct KillSurvey {
    /// What the daemon was doing when it was killed, as far as its files tell.
    enum Phase: String, CaseIterable {
        case taking = "file still in incoming"
        case importing = "import, nothing committed"
        case chunk = "import between two chunks"
        case answering = "imported, not answered or not moved"
        case sending = "messages claimed"
        case between = "between claims"
        case reporting = "settled, no result file yet"
        case writing = "result file half written"
        case marking = "result file there, batch not reported"
        case idle = "everything reported"
    }

    /// How many kills hit which phase.
    private(set) var hits: [Phase: Int] = [:]
    /// Claims that were under way at a kill, summed over all kills.
    private(set) var abandonedClaims = 0
    /// By queue id: batch, record, status, wire id.
    private var messages: [String: [String]] = [:]
    /// Answers by name: inode, size and time of change.
    private var answers: [String: [Int]] = [:]

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    var summary: String {
        let lines = Phase.allCases.compactMap { phase in
            self.hits[phase].map { "  \($0) × \(phase.rawValue)" }
        }
        return (lines + ["  \(self.abandonedClaims) claims were abandoned"]).joined(separator: "\n")
    }

    /// Looks at everything after a kill.
    /// - Throws: `Broken` when something that was there before has changed or gone.
    mutating func look(at daemon: TestDaemon) throws {
        let stored = try StoredQueue(copyOf: daemon.state)
        guard try stored.rows("PRAGMA quick_check") == [["ok"]] else {
            throw Broken(description: "the database is damaged")
        }
        // A start that was cut off before the schema was made has promised nothing.
        guard try stored.number("SELECT count(*) FROM sqlite_master WHERE name = 'message'") == 1 else { return }
        let answers = try Self.answers(of: daemon)
        try self.compareMessages(stored)
        try self.compareAnswers(answers)
        for phase in try Self.phases(of: daemon, stored, answers) { self.hits[phase, default: 0] += 1 }
        self.abandonedClaims += try stored.number("SELECT count(*) FROM message WHERE status = 'processing'")
    }

    private mutating func compareMessages(_ stored: StoredQueue) throws {
        let rows = try stored.rows(
            """
            SELECT m.id, m.batchId, m.record, m.status, m.wireId FROM message m
            JOIN batch b ON b.id = m.batchId WHERE b.importedAt IS NOT NULL
            """)
        let now = Dictionary(rows.map { ($0[0], Array($0.dropFirst())) }, uniquingKeysWith: { first, _ in first })
        guard now.count == rows.count else { throw Broken(description: "a queue id is there twice") }
        for (id, before) in self.messages {
            guard let after = now[id] else { throw Broken(description: "message \(id) is lost") }
            let isFinal = ["sent", "failed", "cancelled"].contains(before[2])
            guard before[0...1] == after[0...1], !isFinal || before[2] == after[2],
                before[3].isEmpty || before[3] == after[3]
            else { throw Broken(description: "message \(id) was \(before) and is \(after)") }
        }
        self.messages = now
    }

    private mutating func compareAnswers(_ now: [String: [Int]]) throws {
        let published = now.filter { !$0.key.hasPrefix(".") }
        for (name, before) in self.answers where published[name] != before {
            throw Broken(description: "the answer \(name) was changed or removed")
        }
        for name in published.keys where name.hasSuffix(".some") || name.hasSuffix(".ok") {
            let dropped = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
            guard published.keys.contains(where: { $0.hasPrefix(dropped + ".result.") }) else {
                throw Broken(description: "the marker \(name) is there before the result")
            }
        }
        self.answers = published
    }

    /// Several files can be in several phases at once.
    private static func phases(
        of daemon: TestDaemon, _ stored: StoredQueue, _ answers: [String: [Int]]
    ) throws -> [Phase] {
        let holds = { (condition: String) in try stored.number("SELECT count(*) FROM batch WHERE \(condition)") > 0 }
        let settled = try stored.rows(
            "SELECT results FROM batch WHERE importedAt IS NOT NULL AND pending + processing = 0 AND reportedAt IS NULL"
        ).map { $0[0] }
        let hasResult = settled.contains { base in answers.keys.contains { $0.hasPrefix(base + ".result.") } }
        let isWriting = !settled.isEmpty && answers.keys.contains { $0.hasPrefix(".") }
        let isChunked = try holds("importedAt IS NULL AND rejectedAt IS NULL AND records > 0")
        let isAnswering = try holds("importedAt IS NOT NULL AND answeredAt IS NULL")
        let isTaken = try daemon.names(in: "importing").contains { $0 != ".lock" }
        let isClaimed = try holds("processing > 0")
        let isOpen = try holds("importedAt IS NOT NULL AND pending > 0")
        let truths: [(Phase, Bool)] = [
            (.taking, try daemon.names(in: "incoming").contains { !$0.hasPrefix(".") }),
            (.chunk, isChunked), (.answering, isAnswering), (.importing, isTaken && !isChunked && !isAnswering),
            (.sending, isClaimed), (.between, isOpen && !isClaimed),
            (.writing, isWriting), (.marking, hasResult && !isWriting),
            (.reporting, !settled.isEmpty && !hasResult && !isWriting),
            (.idle, try !holds("reportedAt IS NULL") && !isTaken),
        ]
        return truths.filter(\.1).map(\.0)
    }

    private static func answers(of daemon: TestDaemon) throws -> [String: [Int]] {
        var answers: [String: [Int]] = [:]
        for name in try daemon.names(in: "results") {
            var status = stat()
            guard lstat(daemon.answer(name), &status) == 0 else { throw SystemCallFailed(call: "lstat", code: errno) }
            answers[name] = [Int(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        }
        return answers
    }
}
