import Foundation
import SpoolCore
import SpoolQueue
import SpoolTestSupport
import Testing

/// The built command with the daemon's control server.
struct DaemonCommandTests {
    @Test func `status is the daemon's own`() async throws {
        let fixture = try CommandFixture()
        try await RunningDaemon(fixture).serve {
            let json = try await fixture.run("status", "--json")
            let expected =
                #"{"running":true,"pid":7,"devices":[{"sessionId":"dev1","status":"connected"}],"notices":[]}"#
            #expect(json == CommandResult(status: 0, output: expected + "\n", errors: ""))
            let people = try await fixture.run("status")
            #expect(
                people.output
                    == "running  yes\npid      7\nnotices  -\n\ndevices:\n  sessionId  status\n  dev1       connected\n"
            )
        }
    }

    @Test func `lists come from the daemon, with what only it knows`() async throws {
        let fixture = try CommandFixture()
        let daemon = try RunningDaemon(fixture)
        try await daemon.queue.importBatch(1, rows: 1001)
        try await daemon.queue.importBatch(2, rows: 1, file: "b.csv")
        try await daemon.serve {
            let queue = try await fixture.run("queue", "--json", "--limit", "0")
            #expect(queue.status == 0)
            #expect(queue.errors == "")
            #expect(queue.lines.count == 1002)
            #expect(queue.lines.allSatisfy { $0.hasSuffix(#","estimatedDelivery":"5-20 seconds"}"#) })
            #expect(try await fixture.run("queue", "--json", "--batch", "2").lines.count == 1)
            let narrowed = ["--status", "sent", "--from", "2026-11-21", "--number", "15550000001", "--ref", "a&b=c d"]
            let history = try await fixture.run(["history", "--json"] + narrowed)
            #expect(history == CommandResult(status: 0, output: "", errors: ""))
            #expect(try await fixture.run("batches", "--json", "--limit", "1").lines.count == 1)
            let shown = try await fixture.run("show", "1002", "--json")
            #expect(
                shown.output.hasPrefix(#"{"queueId":1002,"batchId":2,"#) && shown.output.contains(#""attempts":[]"#))
            #expect(try await fixture.run("show", "9999").status == 65)
        }
    }

    @Test func `cancel says what it came to`() async throws {
        let fixture = try CommandFixture()
        let daemon = try RunningDaemon(fixture)
        try await daemon.queue.importBatch(1, rows: 3)
        try await daemon.queue.importBatch(2, rows: 2, file: "b.csv")
        try await daemon.serve {
            for (arguments, status, output) in [
                (["2"], Int32(0), "cancelled 1\n"), (["2"], 65, "cancelled 0\nno longer pending: 2\n"),
                (["--batch", "1"], 0, "cancelled 2\nno longer pending: 2\n"), (["ALL", "--yes"], 0, "cancelled 2\n"),
                (["ALL", "--yes"], 0, "cancelled 0\n"),
            ] {
                let result = try await fixture.run(["cancel"] + arguments)
                #expect(result == CommandResult(status: status, output: output, errors: ""))
            }
            for arguments in [["99"], ["--batch", "99"]] {
                let result = try await fixture.run(["cancel"] + arguments)
                #expect(result.status == 65)
                #expect(result.errors.hasPrefix("spoolctl: There is no ") && result.errors.hasSuffix("(NOT_FOUND)\n"))
            }
        }
    }

    @Test(arguments: [("n", 64, 2), ("", 64, 2), ("yes", 0, 0)])
    func `cancel ALL asks on a terminal, with the count`(answer: String, status: Int32, left: Int) async throws {
        let fixture = try CommandFixture()
        let daemon = try RunningDaemon(fixture)
        try await daemon.queue.importBatch(1, rows: 2)
        try await daemon.serve {
            let terminal = try PseudoTerminal()
            try terminal.type(answer + "\n")
            let result = try await fixture.run(["cancel", "ALL"], standardInput: terminal.otherEnd)
            #expect(result.status == status)
            #expect(result.errors.contains("Cancel all 2 messages in the queue? [y/N]"))
        }
        #expect(try await daemon.reader.countInQueue() == left)
    }

    @Test func `keys are made, listed without their text and revoked`() async throws {
        let fixture = try CommandFixture()
        let daemon = try RunningDaemon(fixture)
        try await daemon.serve {
            let added = try await fixture.run("key", "add", "shop", "--json", "--expires", "2099-12-31")
            #expect(added.status == 0)
            let match = try #require(added.output.wholeMatch(of: /\{"id":1,"key":"(spk_[0-9a-f]{64})"\}\n/))
            let key = String(match.1)
            #expect(try await daemon.reader.scope(ofKey: key, now: CommandFixture.now) == .user(.default))
            let people = try await fixture.run("key", "add", "root", "--admin")
            let text = try #require(people.output.wholeMatch(of: /id   2\nkey  (spk_[0-9a-f]{64})\n/))
            #expect(try await daemon.reader.scope(ofKey: String(text.1), now: CommandFixture.now) == .admin)
            let list = try await fixture.run("key", "list")
            #expect(list.lines.count == 3)
            #expect(list.lines[1].contains("default") && list.lines[1].contains("2100-01-01 00:00:00Z"))
            #expect(list.lines[2].contains("(admin)"))
            #expect(!list.output.contains(key))
            #expect(try await fixture.run("key", "list", "--json").lines.count == 2)
            #expect(try await fixture.run("key", "revoke", "1").output == "revoked 1\n")
            #expect(try await daemon.reader.scope(ofKey: key, now: CommandFixture.now) == nil)
            #expect(try await fixture.run("key", "revoke", "1").status == 65)
            let nobody = try await fixture.run("key", "add", "a", "--user", "nobody")
            #expect(nobody.status == 65)
            #expect(nobody.errors == "spoolctl: There is no user nobody (VALIDATION_ERROR)\n")
        }
    }

    @Test func `check looks up the devices`() async throws {
        let fixture = try CommandFixture()
        let file = try fixture.directory.write(
            "number,message,device\n15550000001,Hi,dev1\n15550000002,Hi,dev9\n", to: "a.csv")
        try await RunningDaemon(fixture).serve {
            let result = try await fixture.run("check", file)
            #expect(result.status == 65)
            #expect(
                result.lines == [
                    "line 3: sessionId: There is no device of this name; there are: dev1 (UNKNOWN_DEVICE)",
                    "a.csv: 2 rows, 1 valid, 1 refused",
                ])
        }
    }

    @Test func `submit --wait asks the daemon`() async throws {
        let fixture = try CommandFixture()
        let daemon = try RunningDaemon(fixture)
        let path = fixture.spool.incoming + "/50% ü.csv"
        let file = try fixture.directory.write("number,message\n15550000001,Hi\n", to: "50% ü.csv")
        try await daemon.serve {
            let command = try fixture.start(["submit", file, "--wait"])
            try await eventually("the file to be dropped") { FileManager.default.fileExists(atPath: path) }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let inode = try #require(attributes[.systemFileNumber] as? Int)
            try await daemon.queue.importBatch(1, rows: 1, file: "50% ü.csv", inode: UInt64(inode))
            try await daemon.queue.settleAll()
            try await daemon.queue.markReported(BatchID(rawValue: 1), now: CommandFixture.now)
            let result = try await command.result()
            #expect(result.status == 0)
            #expect(result.errors == "")
            #expect(result.lines.first == "batch 1: 50%25 ü.csv: reported: 1 rows, 1 sent, 0 failed, 0 cancelled")
        }
    }
}
