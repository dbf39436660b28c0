import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// One large file, from the drop directory to its answers, and what everybody says of it.
struct BulkFileTests {
    private static let sample = BulkFile(10_000, bad: 100, seed: 2026, tag: "bulk")

    @Test func `ten thousand rows with a hundred bad ones are sent and refused row by row, and all counts agree`()
        async throws
    {
        let daemon = try TestDaemon()
        try await daemon.start()
        try daemon.drop(Self.sample.text, as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv", upTo: .seconds(60)) == "some")

        let result = try daemon.table("orders.csv.result.csv")
        try Self.checkRows(result)
        try Self.checkFailed(try daemon.table("orders.csv.failed.csv"), of: result)
        try Self.checkAccepted(try daemon.json("orders.csv.accepted.json"), against: result)
        try Self.checkMarkerIsLast(in: daemon)
        try await Self.checkCounts(of: daemon)
        #expect(try daemon.names(in: "incoming").isEmpty)
        #expect(try daemon.names(in: "importing").filter { $0 != ".lock" }.isEmpty)
        try Self.checkOriginal(in: daemon)
        #expect(try await daemon.stop() == .exited(0))
    }

    private static func checkRows(_ result: CSVTable) throws {
        let source = CSVTable(Self.sample.text)
        try #require(result.rows.count == 10_000)
        #expect(
            result.header == BulkFile.columns + [
                "queueId", "status", "messageId", "spoold_sessionId", "sentAt", "deliveredAt", "readAt", "errorCode",
                "error", "dryRun",
            ])
        let width = BulkFile.columns.count
        var sent: [Int] = []
        for (index, row) in Self.sample.rows.enumerated() {
            let cells = result.row(index)
            try #require(Array(result.rows[index].prefix(width)) == Array(source.rows[index].prefix(width)))
            if let fault = row.fault {
                try #require(cells["status"] == "failed", "row \(row.id)")
                try #require(cells["errorCode"] == fault.code, "row \(row.id)")
                try #require(cells["queueId"]?.isEmpty == true)
                try #require(cells["error"]?.contains(fault.fragment) == true, "row \(row.id): \(cells["error"] ?? "")")
            } else {
                try #require(cells["status"] == "sent", "row \(row.id)")
                try #require(cells["spoold_sessionId"] == "dev1" && cells["sentAt"]?.isEmpty == false)
                sent.append(try #require(Int(cells["queueId"] ?? "")))
            }
        }
        #expect(sent.count == 9_900)
        #expect(zip(sent, sent.dropFirst()).allSatisfy { $0 < $1 }, "queue ids grow in file order and are unique")
        let wireIDs = result["messageId"].filter { !$0.isEmpty }
        #expect(wireIDs.count == 9_900 && Set(wireIDs).count == 9_900)
        #expect(wireIDs.allSatisfy { $0.hasPrefix("3EB0") && $0.count == 22 })
    }

    private static func checkFailed(_ failed: CSVTable, of result: CSVTable) throws {
        let bad = Self.sample.bad
        try #require(failed.rows.count == 100)
        #expect(failed.header == BulkFile.columns + ["errorCode", "error"])
        #expect(failed["id"] == bad.map { String($0.id) })
        #expect(failed["errorCode"] == bad.compactMap { $0.fault?.code })
        let errors = failed["error"]
        for (index, row) in bad.enumerated() {
            #expect(errors[index] == result["error"][row.id - 1])
            guard let first = row.fault?.firstOfRef else { continue }
            let queueID = result["queueId"][first - 1]
            #expect(errors[index].contains("message \(queueID) "), "the error names the message that has the ref")
        }
    }

    private static func checkAccepted(_ accepted: JSON, against result: CSVTable) throws {
        #expect(accepted["success"] == true)
        #expect(accepted["message"] == "Bulk messages queued")
        #expect(accepted["dryRun"] == true)
        #expect(accepted["queued"] == 9_900 && accepted["failed"] == 100)
        let ids = result["queueId"].compactMap { Int($0) }
        #expect(accepted["queueIds"]?.elements.compactMap(\.int) == ids)
        #expect(accepted["firstQueueId"]?.int == ids.first && accepted["lastQueueId"]?.int == ids.last)
        let errors = try #require(accepted["errors"]?.elements)
        try #require(errors.count == 100)
        for (row, error) in zip(Self.sample.bad, errors) {
            #expect(error["line"]?.int == row.line)
            #expect(error["code"]?.text == row.fault?.code)
            #expect(error["field"] == (row.fault?.field == "" ? .null : row.fault.map { .string($0.field) }))
            #expect(error["error"]?.text == result["error"][row.id - 1])
        }
    }

    private static func checkMarkerIsLast(in daemon: TestDaemon) throws {
        let names = try daemon.names(in: "results")
        #expect(
            names == [
                "orders.csv.accepted.json", "orders.csv.failed.csv", "orders.csv.result.csv", "orders.csv.some",
            ])
        let changed = try names.map { name in
            var status = stat()
            guard lstat(daemon.answer(name), &status) == 0 else { throw SystemCallFailed(call: "lstat", code: errno) }
            return (name, status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec)
        }
        let marker = try #require(changed.last)
        #expect(changed.allSatisfy { $0.1 <= marker.1 }, "\(changed)")
    }

    /// The same numbers from the API, from `spoolctl` and from the statistics.
    private static func checkCounts(of daemon: TestDaemon) async throws {
        let key = try #require(
            try await daemon.control("/control/keys", posting: "{\"name\": \"counts\"}").json()["key"]?.text)
        let fields = ["X-API-Key": key]
        let batch = try await daemon.http(.init(target: "/api/batches/1", fields: fields)).json()["batch"]
        #expect(batch?["status"] == "reported")
        #expect(batch?["total"] == 10_000 && batch?["sent"] == 9_900 && batch?["failed"] == 100)
        #expect(batch?["pending"] == 0 && batch?["processing"] == 0 && batch?["cancelled"] == 0)

        let printed = try await daemon.spoolctl("batches", "--json")
        #expect(printed.end == .exited(0), "\(printed.errors)")
        #expect(try printed.output.split(separator: "\n").map { try JSON(String($0)) } == [batch])

        let statistics = try await daemon.http(.init(target: "/api/stats", fields: fields)).json()
        #expect(statistics["sent"] == 9_900 && statistics["totalSent"] == 9_900 && statistics["inQueue"] == 0)
        let today = try #require(statistics["byDate"]?.elements)
        #expect(today.compactMap { $0["sent"]?.int }.reduce(0, +) == 9_900)
        #expect(today.compactMap { $0["failed"]?.int }.reduce(0, +) == 100)
        #expect(statistics["byDevice"]?.elements.compactMap { $0["sent"]?.int } == [9_900])
    }

    private static func checkOriginal(in daemon: TestDaemon) throws {
        let day = try #require(try daemon.names(in: "accepted").first)
        #expect(try daemon.names(in: "accepted/\(day)") == ["1~orders.csv"])
        let kept = try Data(contentsOf: URL(filePath: daemon.spool + "/accepted/\(day)/1~orders.csv"))
        #expect(kept == Data(Self.sample.text.utf8))
    }
}
