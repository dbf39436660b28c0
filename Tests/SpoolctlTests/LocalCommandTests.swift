import Foundation
import SpoolCore
import SpoolQueue
import SpoolTestSupport
import Testing

/// The built command without a daemon.
struct LocalCommandTests {
    @Test(arguments: [
        (["submit"], "Missing expected argument '<file>'; see spoolctl --help"),
        (["cancel", "ALL"], "cancel ALL asks first, and standard input is no terminal; give --yes"),
        (
            ["key", "add", "a", "--expires", "2020-01-01"],
            "--expires lies in the past; give a later date, or no --expires"
        ),
        (["check", "-"], "check reads a file, not standard input"),
    ])
    func `wrong usage is 64 and one line`(arguments: [String], message: String) async throws {
        let result = try await CommandFixture().run(arguments)
        #expect(result == CommandResult(status: 64, output: "", errors: "spoolctl: \(message)\n"))
    }

    @Test(arguments: [["status"], ["queue"], ["cancel", "1"], ["key", "revoke", "1"]])
    func `with neither a daemon nor a database it is 69`(arguments: [String]) async throws {
        let result = try await CommandFixture().run(arguments)
        #expect(result.status == 69)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("spoolctl: no daemon answers on "))
        #expect(result.errors.contains("No such file or directory; start spoold"))
    }

    @Test func `the queue is read from the database, one JSON object a line`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(3, rows: 2)
        let result = try await fixture.run("queue", "--json")
        #expect(result.status == 0)
        #expect(result.errors.contains("read from the database instead"))
        #expect(
            result.lines
                == (1...2).map { id in
                    #"{"queueId":\#(id),"batchId":3,"line":\#(id + 1),"number":"1555000000\#(id)","ref":null,"status":"pending","#
                        + #""reason":null,"notBefore":null,"priority":"normal","sessionId":null,"messageId":null,"#
                        + #""queuedAt":"2026-11-21T10:00:00.000Z","sentAt":null,"deliveredAt":null,"readAt":null,"errorCode":null,"#
                        + #""error":null,"estimatedDelivery":null}"#
                })
    }

    @Test func `a list goes through all its pages, or as far as its limit`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(1, rows: 2500)
        #expect(try await fixture.run("queue", "--json", "--limit", "0").lines.count == 2500)
        #expect(
            try await fixture.run("queue", "--json", "--limit", "1001").lines.last?.hasPrefix(#"{"queueId":1001,"#)
                == true)
        #expect(try await fixture.run("queue").lines.count == 101)
    }

    @Test func `what others wrote does not steer the terminal`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(1, rows: 1, ref: "a\u{1B}[2J")
        try await queue.settleAll(.failed(.notOnWhatsApp, error: "No\nsuch number"))
        let table = try await fixture.run("history").lines
        #expect(table.count == 2)
        #expect(table.last?.contains("a\\u{1B}[2J") == true)
        #expect(table.last?.hasSuffix("No\\u{A}such number (NOT_ON_WHATSAPP)") == true)
    }

    @Test func `batches and one message are shown`() async throws {
        let fixture = try CommandFixture()
        let queue = MessageQueue(try fixture.makeQueue())
        try await queue.importBatch(1, rows: 1, refused: [Refusal(.validation, "No number", field: "number")])
        try await queue.settleAll()
        let batches = try await fixture.run("batches")
        #expect(
            batches.lines == [
                "BATCH  FILE        STATUS   TOTAL  PENDING  SENDING  SENT  FAILED  CANCELLED  HELD  DONE BY  NAME",
                "    1  orders.csv  settled      2        0        0     1       1          0     0  -        -",
            ])
        let shown = try await fixture.run("show", "1")
        #expect(shown.lines.prefix(2) == ["queueId      1", "batchId      1"])
        #expect(shown.output.contains("\nattempts:\n  number  sessionId  startedAt"))
        let json = try await fixture.run("show", "1", "--json")
        #expect(json.lines.count == 1)
        #expect(json.output.hasPrefix(#"{"queueId":1,"#) && json.output.contains(#","attempts":[{"number":1,"#))
        let missing = try await fixture.run("show", "2")
        #expect(missing.status == 65)
        #expect(missing.errors.contains("there is no message 2"))
    }

    @Test func `status without a daemon tells what the database knows, and is 69`() async throws {
        let fixture = try CommandFixture()
        try await MessageQueue(try fixture.makeQueue()).importBatch(1, rows: 3)
        let result = try await fixture.run("status", "--json")
        #expect(result.status == 69)
        #expect(result.output == #"{"running":false,"spool":"\#(fixture.spool.spool)","inQueue":3}"# + "\n")
        #expect(result.errors.hasPrefix("spoolctl: no daemon answers on "))
    }

    @Test func `something that is no database of ours is a matter of configuration`() async throws {
        let fixture = try CommandFixture()
        try fixture.directory.write("no database at all, but long enough to be looked at", to: "state/queue.db")
        let result = try await fixture.run("queue")
        #expect(result.status == 78)
        #expect(result.errors.contains("not a queue database of this version"))
    }

    @Test func `every problem of the configuration is a line, and 78`() async throws {
        let fixture = try CommandFixture()
        let path = try fixture.directory.write("spool: {settel: 2s}\nhttp: {listen: nowhere}\n", to: "bad.yaml")
        for arguments in [["config", "check"], ["queue"]] {
            let result = try await fixture.run(arguments + ["--config", path])
            #expect(result.status == 78)
            let lines = result.errors.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("spoolctl: \(path):1: spool.settel: ") && lines[0].contains("settle"))
            #expect(lines[1].hasPrefix("spoolctl: \(path):2: http.listen: "))
        }
    }

    @Test func `a limit looser than its default stops the daemon, not the commands`() async throws {
        let fixture = try CommandFixture()
        let path = try fixture.directory.write("scheduler: {hourly: 0}\n", to: "loose.yaml")
        let check = try await fixture.run("config", "check", "--config", path)
        #expect(check.status == 78)
        #expect(check.errors.contains("scheduler.hourly"))
        let show = try await fixture.run("config", "show", "--config", path)
        #expect(show.status == 0)
        #expect(show.output.contains("# \(path):1\n"))
        let json = try await fixture.run("config", "show", "--json", "--config", path)
        #expect(json.lines.count == 1)
        #expect(json.output.contains(#""scheduler.hourly": {"value": null, "origin": "\#(path):1"}"#))
    }

    @Test func `a configuration without problems is fine`() async throws {
        let fixture = try CommandFixture()
        let path = try fixture.directory.write("timeZone: Asia/Karachi\n", to: "good.yaml")
        let result = try await fixture.run("config", "check", "--config", path)
        #expect(result == CommandResult(status: 0, output: "fine: \(path)\n", errors: ""))
    }

    @Test func `check prints every fault, a summary, and what it could not check`() async throws {
        let fixture = try CommandFixture()
        let good = try fixture.directory.write("number,message\n15550000001,Hi\n", to: "good.csv")
        let bad = try fixture.directory.write("number,message\n15550000001,Hi\n,Hi\n", to: "bad.csv")
        let unchecked = "not checked, because the daemon is not reachable: whether the devices named exist"
        let fine = try await fixture.run("check", good)
        #expect(fine.status == 0)
        #expect(fine.lines == ["good.csv: 1 rows, 1 valid, 0 refused", unchecked])
        let refused = try await fixture.run("check", bad)
        #expect(refused.status == 65)
        #expect(refused.lines.count == 3)
        #expect(refused.lines[0].hasPrefix("line 3: number: ") && refused.lines[0].hasSuffix(" (VALIDATION_ERROR)"))
        #expect(refused.lines.dropFirst() == ["bad.csv: 2 rows, 1 valid, 1 refused", unchecked])
        let json = try await fixture.run("check", bad, "--json")
        #expect(json.status == 65)
        #expect(json.output.hasPrefix(#"{"success":false,"file":"bad.csv","rows":2,"valid":1,"failed":1,"#))
        let missing = try await fixture.run("check", fixture.directory.path("missing.csv"))
        #expect(missing.status == 65)
        #expect(missing.errors.contains("missing.csv: No such file or directory"))
    }

    @Test func `the output may be closed early`() async throws {
        let fixture = try CommandFixture()
        try await MessageQueue(try fixture.makeQueue()).importBatch(1, rows: 2500)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let command = try fixture.start(["queue", "--limit", "0", "--json"], output: pipe.fileHandleForWriting)
        let result = try await command.result()
        #expect(result.status == 0)
        #expect(!result.errors.contains("pipe"))
    }
}
