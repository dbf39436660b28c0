import Foundation
import SpoolTestSupport
import Testing

/// Tests that take minutes run when they are asked for.
enum LongTests {
    static let areOn = ProcessInfo.processInfo.environment["SPOOL_LONG_TESTS"] == "1"
}

/// Killed at any moment, the daemon loses nothing, sends nothing under two ids, and leaves no half file.
@Suite(.enabled(if: LongTests.areOn, "set SPOOL_LONG_TESTS=1"), .serialized)
struct KillSweepTests {
    private static let kills = 50
    /// A message that several kills left uncertain is not to wait for minutes.
    private static let retries = ["RETRY_FIRST": "100ms", "RETRY_MAXIMUM": "1s"]

    @Test(.timeLimit(.minutes(15)))
    func `one file of ten thousand rows survives fifty kills`() async throws {
        let seed = Self.seed()
        let file = BulkFile(10_000, bad: 100, seed: 11, tag: "sweep")
        let daemon = try TestDaemon(settings: Self.retries.merging(["DRY_RUN_LATENCY": "20ms"]) { $1 })
        try await daemon.start()
        try await daemon.stop()
        var sweep = KillSweep(daemon, seed: seed)
        for kill in 0..<Self.kills {
            switch kill {
            case 0: try await sweep.kill(.afterTaking(sweep.moment(before: 200)), dropping: ("orders.csv", file.text))
            case 1..<10: try await sweep.kill(.afterStart(sweep.moment(before: 350)))
            case 10..<40: try await sweep.kill(.afterStart(sweep.moment(before: 900)))
            default: try await sweep.kill(.afterResultBegan(sweep.moment(before: 250)))
            }
        }
        try await Self.finish(sweep, [("orders.csv", file)], seed)
    }

    @Test(.timeLimit(.minutes(15)))
    func `many files, one of several chunks, survive fifty kills`() async throws {
        let seed = Self.seed()
        let daemon = try TestDaemon(settings: Self.retries.merging(["DRY_RUN_DEVICES": "[dev1, dev2]"]) { $1 })
        try await daemon.start()
        try await daemon.stop()
        let files = (0..<10).map { index in
            let rows = index == 4 ? 45_000 : 10_000
            return ("orders-\(index).csv", BulkFile(rows, bad: 100, seed: UInt64(100 + index), tag: "many\(index)"))
        }
        var sweep = KillSweep(daemon, seed: seed)
        for kill in 0..<Self.kills {
            let file = kill % 5 == 0 ? files[kill / 5] : nil
            let drop = file.map { (name: $0.0, text: $0.1.text) }
            if drop != nil {
                let isRunning = sweep.oneIn(2)
                try await sweep.kill(.afterTaking(sweep.moment(before: 250)), dropping: drop, isRunning: isRunning)
            } else if kill % 5 == 4 {
                try await sweep.kill(.afterResultBegan(sweep.moment(before: 300)))
            } else {
                try await sweep.kill(.afterStart(sweep.moment(before: 2000)))
            }
        }
        try await Self.finish(sweep, files, seed)
    }

    private static func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["SPOOL_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...UInt64(UInt32.max))
    }

    /// Lets the daemon finish its work and checks all of it.
    private static func finish(_ sweep: KillSweep, _ files: [(String, BulkFile)], _ seed: UInt64) async throws {
        let daemon = sweep.daemon
        print("kill sweep with SPOOL_SEED=\(seed), \(Self.kills) kills:\n\(sweep.survey.summary)")
        try await daemon.start()
        for (name, _) in files { #expect(try await daemon.marker(of: name, upTo: .seconds(180)) == "some") }
        #expect(try await daemon.stop() == .exited(0))
        let stored = try StoredQueue(copyOf: daemon.state)
        try Self.checkQueue(stored, files)
        var ids: [Int] = []
        for (name, file) in files {
            let batch = try #require(try daemon.json("\(name).accepted.json")["batchId"]?.int)
            ids += try Self.checkAnswers(to: name, file, batch, daemon, stored)
        }
        #expect(Set(ids).count == ids.count, "no queue id twice")
        try Self.checkDirectories(of: daemon, files)
        let repeated = try stored.number("SELECT count(*) FROM message WHERE attempts > 1")
        print("  \(repeated) messages were tried again, each under its one id")
    }

    private static func checkQueue(_ stored: StoredQueue, _ files: [(String, BulkFile)]) throws {
        #expect(try stored.rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try stored.rows("PRAGMA foreign_key_check").isEmpty)
        let good = files.map(\.1.goodCount).reduce(0, +)
        #expect(try stored.number("SELECT count(*) FROM batch") == files.count)
        #expect(try stored.number("SELECT count(*) FROM batch WHERE reportedAt IS NOT NULL") == files.count)
        #expect(try stored.number("SELECT count(*) FROM message") == good)
        #expect(try stored.number("SELECT count(*) FROM message WHERE status = 'sent'") == good)
        #expect(try stored.number("SELECT count(DISTINCT wireId) FROM message") == good)
        #expect(try stored.number("SELECT count(*) FROM refusal") == files.map(\.1.bad.count).reduce(0, +))
        #expect(try stored.number("SELECT count(*) FROM attempt WHERE outcome = 'sent'") == good)
        #expect(try stored.number("SELECT count(*) FROM attempt WHERE endedAt IS NULL") == 0)
        #expect(
            try stored.number(
                "SELECT count(*) FROM message m WHERE attempts <> (SELECT count(*) FROM attempt WHERE messageId = m.id)"
            ) == 0)
    }

    /// - Returns: The queue ids of the file's messages.
    private static func checkAnswers(
        to name: String, _ file: BulkFile, _ batch: Int, _ daemon: TestDaemon, _ stored: StoredQueue
    ) throws -> [Int] {
        let result = try daemon.table("\(name).result.csv")
        try #require(result["id"] == file.rows.map { String($0.id) }, "\(name): every row once, in order")
        let statuses = result["status"]
        let codes = result["errorCode"]
        for (index, row) in file.rows.enumerated() {
            try #require(statuses[index] == (row.fault == nil ? "sent" : "failed"), "\(name), row \(row.id)")
            try #require(codes[index] == row.fault?.code ?? "", "\(name), row \(row.id)")
        }
        let pairs = zip(result["queueId"], result["messageId"]).filter { !$0.0.isEmpty }.map { [$0.0, $0.1] }
        #expect(
            try stored.rows("SELECT id, wireId FROM message WHERE batchId = \(batch) ORDER BY record") == pairs,
            "\(name): the queue and the result tell the same ids")
        let ids = pairs.compactMap { Int($0[0]) }
        #expect(ids.count == file.goodCount && zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        let failed = try daemon.table("\(name).failed.csv")
        #expect(failed["id"] == file.bad.map { String($0.id) })
        #expect(failed["errorCode"] == file.bad.compactMap { $0.fault?.code })
        let accepted = try daemon.json("\(name).accepted.json")
        #expect(accepted["queued"]?.int == file.goodCount && accepted["failed"]?.int == file.bad.count)
        if ids.count <= 10_000 { #expect(accepted["queueIds"]?.elements.compactMap(\.int) == ids) }
        return ids
    }

    private static func checkDirectories(of daemon: TestDaemon, _ files: [(String, BulkFile)]) throws {
        let endings = [".accepted.json", ".failed.csv", ".result.csv", ".some"]
        #expect(try daemon.names(in: "results") == files.flatMap { name, _ in endings.map { name + $0 } }.sorted())
        #expect(try daemon.names(in: "importing").filter { $0 != ".lock" }.isEmpty)
        #expect(try daemon.names(in: "incoming").isEmpty)
        #expect(try daemon.names(in: "rejected").isEmpty)
        var originals: [String: Data] = [:]
        for day in try daemon.names(in: "accepted") {
            for name in try daemon.names(in: "accepted/\(day)") {
                let dropped = String(name.drop { $0 != "~" }.dropFirst())
                #expect(originals[dropped] == nil, "\(dropped) is kept once")
                originals[dropped] = try Data(contentsOf: URL(filePath: daemon.spool + "/accepted/\(day)/\(name)"))
            }
        }
        #expect(originals == Dictionary(uniqueKeysWithValues: files.map { ($0.0, Data($0.1.text.utf8)) }))
    }
}
