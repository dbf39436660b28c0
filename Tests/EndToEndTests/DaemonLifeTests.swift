import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// Starting, stopping and starting twice.
struct DaemonLifeTests {
    @Test func `a second daemon on the same spool or state is refused, and names the first`() async throws {
        let first = try TestDaemon()
        try await first.start()
        let other = try TemporaryDirectory()
        let path = try BuiltProduct.spoold.path()
        let arguments = ["run", "--dry-run", "--config", Checkout.example("no-pacing.yaml")]
        for (spool, state) in [(first.spool, other.path("state")), (other.path("spool"), first.state)] {
            let second = try await ProgramResult.of(
                path, arguments + ["--spool", spool, "--state", state],
                environment: ["SPOOLD_HTTP_LISTEN": "127.0.0.1:\(try LoopbackPort.free())"])
            #expect(second.end == .exited(75))
            #expect(second.errors.contains("process \(first.processID)"), "\(second.errors)")
        }
        try first.drop("number,message\n923001234567,Hello\n", as: "orders.csv")
        #expect(try await first.marker(of: "orders.csv") == "ok")
    }

    @Test func `a lock of a killed daemon stops nobody`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        daemon.signal(SIGKILL)
        #expect(try await daemon.end() == .killed(by: SIGKILL))
        try await daemon.start()
        #expect(try await daemon.stop() == .exited(0))
        #expect(access(daemon.state + "/control.sock", F_OK) != 0, "an orderly end removes the socket")
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a stop while sending ends in order, and the next start sends the rest`(signal: Int32) async throws {
        let daemon = try TestDaemon(settings: TestDaemon.pace("5ms"))
        try await daemon.start()
        let file = BulkFile(1000, bad: 0, seed: 1, tag: "stop")
        try daemon.drop(file.text, as: "orders.csv")
        try await daemon.wait(for: "the first messages to be sent") {
            try await daemon.count("sent", of: 1) > 100
        }
        daemon.signal(signal)
        #expect(try await daemon.end(upTo: .seconds(10)) == .exited(0))
        #expect(!daemon.log.contains(" error "), "a stop is nobody's fault:\n\(daemon.log)")
        let stored = try StoredQueue(copyOf: daemon.state)
        #expect(try stored.number("SELECT count(*) FROM message WHERE status = 'processing'") == 0)
        #expect(try stored.number("SELECT count(*) FROM message WHERE status = 'pending'") > 0)
        try await daemon.start()
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        let after = try StoredQueue(readingIn: daemon.state)
        #expect(try after.number("SELECT count(*) FROM attempt WHERE outcome = 'sent'") == 1000)
        #expect(try after.number("SELECT count(*) FROM attempt WHERE outcome NOT IN ('sent', 'returned')") == 0)
    }

    @Test func `a send that does not end is left uncertain within ten seconds, and repeated under its id`() async throws
    {
        let daemon = try TestDaemon(settings: ["DRY_RUN_LATENCY": "1h"])
        try await daemon.start()
        try daemon.drop("number,message\n923001234567,Hello\n", as: "orders.csv")
        try await daemon.wait(for: "the send") { try await daemon.count("processing", of: 1) == 1 }
        let wireID = try await daemon.message(1)["messageId"]
        daemon.signal(SIGTERM)
        #expect(try await daemon.end(upTo: .seconds(10)) == .exited(0))
        let successor = try TestDaemon(root: daemon.root)
        try await successor.start()
        #expect(try await successor.marker(of: "orders.csv") == "ok")
        let message = try await successor.message(1)
        #expect(message["messageId"] == wireID)
        #expect(message["attempts"]?.elements.compactMap { $0["outcome"]?.text } == ["uncertain", "sent"])
    }

    @Test func `a stop while importing keeps what is stored, and the next start goes on behind it`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let file = BulkFile(60_000, bad: 60, seed: 2, tag: "import", sendAt: "2099-01-01T00:00:00Z")
        try daemon.drop(file.text, as: "orders.csv")
        try await daemon.wait(for: "the first chunk to be stored") {
            try StoredQueue(readingIn: daemon.state).number("SELECT coalesce(max(records), 0) FROM batch") > 0
        }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end(upTo: .seconds(10)) == .exited(0))
        #expect(try daemon.names(in: "importing").contains("1~default~orders.csv"), "the import was cut off")
        #expect(!daemon.log.contains(" error "), "a stop is nobody's fault:\n\(daemon.log)")
        try await daemon.start()
        try await daemon.waitFor("orders.csv.accepted.json", upTo: .seconds(60))
        let accepted = try daemon.json("orders.csv.accepted.json")
        #expect(accepted["queued"]?.int == file.goodCount && accepted["failed"] == 60)
        let stored = try StoredQueue(readingIn: daemon.state)
        #expect(try stored.number("SELECT count(DISTINCT record) FROM message") == file.goodCount)
        #expect(try stored.number("SELECT count(*) FROM message") == file.goodCount)
        let ids = try stored.rows("SELECT id FROM message ORDER BY record").compactMap { $0.first.flatMap { Int($0) } }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `half an answer of a killed daemon is removed at the next start`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        try await daemon.stop()
        try Data("number".utf8).write(to: URL(filePath: daemon.answer(".spoold-1-1.tmp")))
        try await daemon.start()
        #expect(try daemon.names(in: "results").isEmpty)
    }

    @Test func `a bad configuration stops the start and names the key`() async throws {
        let files = try TemporaryDirectory()
        try files.write("scheduler:\n  hurly: 5\n", to: "spoold.yaml")
        let result = try await ProgramResult.of(
            try BuiltProduct.spoold.path(), ["run", "--dry-run", "--config", files.path("spoold.yaml")])
        #expect(result.end == .exited(78))
        #expect(result.errors.contains("spoold.yaml:2") && result.errors.contains("hourly"), "\(result.errors)")
    }
}
