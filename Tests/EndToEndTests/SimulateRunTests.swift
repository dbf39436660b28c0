import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// `spoold run --simulate`, the built program: the whole line over the real protocol.
@Suite struct SimulateRunTests {
    private static func daemon(root: String? = nil) throws -> TestDaemon {
        try TestDaemon(settings: ["RESULTS_GRACE": "3s"], root: root, options: ["--simulate"])
    }

    /// Returns when both devices may send, with the port of the simulator's control.
    private static func start(_ daemon: TestDaemon) async throws -> UInt16 {
        try await daemon.start()
        try await daemon.wait(for: "two devices to be connected") {
            let devices = try await daemon.control("/api/devices").json()["devices"]?.elements ?? []
            return devices.count { $0["status"] == "connected" } == 2
        }
        let line = try #require(daemon.output.split(separator: "\n").last)
        let control = try #require(try JSON(String(line))["control"]?.text)
        return try #require(control.split(separator: ":").last.flatMap { UInt16($0) })
    }

    private static func inbox(of number: String, at port: UInt16) async throws -> [JSON] {
        let answer = try await HTTPExchange(target: "/phones/\(number)/inbox").send(to: .port(port))
        return try JSON(answer.body)["messages"]?.elements ?? []
    }

    @Test func `files go through the protocol to the phones, and receipts come back into the results`() async throws {
        let daemon = try Self.daemon()
        let port = try await Self.start(daemon)
        try daemon.drop("number,message\n923001234567,Hello Ayesha\n923001234568,Grüße 👋\n", as: "orders.csv")
        try daemon.drop(#"{"number": "923001234569", "message": "From JSON"}"#, as: "notice.json")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        #expect(try await daemon.marker(of: "notice.json") == "ok")
        let texts = ["923001234567": "Hello Ayesha", "923001234568": "Grüße 👋", "923001234569": "From JSON"]
        for (number, text) in texts {
            let inbox = try await Self.inbox(of: number, at: port)
            #expect(inbox.map { $0["text"]?.text } == [text])
            #expect(inbox.map { $0["repeats"]?.int } == [0])
        }
        let table = try daemon.table("orders.csv.result.csv")
        let ids = table["messageId"]
        #expect(ids.allSatisfy { $0.hasPrefix("3EB0") && $0.utf8.count == 22 } && Set(ids).count == 2)
        #expect(table["deliveredAt"].allSatisfy { !$0.isEmpty }, "\(table["deliveredAt"])")
        #expect(Set(table["sessionId"]).isSubset(of: ["sim-1", "sim-2"]))
        #expect(try await Self.inbox(of: "923001234567", at: port).first?["id"]?.text == ids[0])
        #expect(try await daemon.stop() == .exited(0))
    }

    @Test func `a restart links the same devices anew, and what waited for one of them goes on`() async throws {
        let daemon = try Self.daemon()
        _ = try await Self.start(daemon)
        let soon = RFC3339Text.inTheFuture(seconds: 3600)
        try daemon.drop("number,message,sessionId,sendAt\n923001234567,Later,sim-2,\(soon)\n", as: "later.csv")
        try await daemon.waitFor("later.csv.accepted.json")
        #expect(try await daemon.stop() == .exited(0))
        let port = try await Self.start(daemon)
        #expect(try await daemon.message(1)["status"] == "pending")
        try daemon.drop("number,message,sessionId\n923001234568,Now,sim-2\n", as: "now.csv")
        #expect(try await daemon.marker(of: "now.csv") == "ok")
        #expect(try await Self.inbox(of: "923001234568", at: port).count == 1)
    }

    @Test func `a state directory of the simulator is refused without it, and the reverse`() async throws {
        let directory = try TemporaryDirectory()
        let arguments = ["run", "--spool", directory.path("spool")]
        let simulated = try Self.daemon(root: directory.path)
        _ = try await Self.start(simulated)
        try await simulated.stop()
        let state = directory.path("state")
        for options in [["--dry-run"], []] {
            let result = try await ProgramResult.of(
                BuiltProduct.spoold.path(), arguments + ["--state", state] + options)
            #expect(result.end == .exited(78))
            #expect(result.errors.contains("was used with --simulate"), "\(result.errors)")
        }
        let dry = try TestDaemon()
        try await dry.start()
        try await dry.stop()
        let result = try await ProgramResult.of(
            BuiltProduct.spoold.path(), arguments + ["--state", dry.state, "--simulate"])
        #expect(result.end == .exited(78))
        #expect(result.errors.contains("was used without --simulate"), "\(result.errors)")
    }

    @Test func `a simulation that cannot start leaves no mark on the directory`() async throws {
        let directory = try TemporaryDirectory()
        let state = directory.path("state")
        let result = try await ProgramResult.of(
            BuiltProduct.spoold.path(),
            ["run", "--simulate", "--script", "/nowhere.json", "--spool", directory.path("spool"), "--state", state])
        #expect(result.end == .exited(78))
        #expect(result.output.isEmpty && !FileManager.default.fileExists(atPath: state))
    }

    @Test(arguments: [
        (["--simulate", "--dry-run"], "exclude each other"), (["--script", "x.json"], "goes with --simulate only"),
    ])
    func `options that do not go together are refused`(options: [String], reason: String) async throws {
        let result = try await ProgramResult.of(BuiltProduct.spoold.path(), ["run"] + options)
        #expect(result.end == .exited(64))
        #expect(result.errors.contains(reason), "\(result.errors)")
    }
}

private enum RFC3339Text {
    static func inTheFuture(seconds: Double) -> String {
        Date(timeIntervalSinceNow: seconds).formatted(.iso8601)
    }
}
