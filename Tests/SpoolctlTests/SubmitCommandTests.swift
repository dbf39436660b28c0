import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolTestSupport
import Testing

/// `submit`, with the daemon's part played by the test.
struct SubmitCommandTests {
    private static let rows = "number,message\n15550000001,Hi\n"

    @Test func `a file appears complete in the drop directory, and nothing else`() async throws {
        let fixture = try CommandFixture(users: [try #require(UserName(rawValue: "ann"))])
        let file = try fixture.directory.write(Self.rows, to: "orders.csv")
        let result = try await fixture.run("submit", file)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors == "")
        #expect(
            result.lines == [
                "dropped: \(fixture.spool.incoming)/orders.csv",
                "answers: \(fixture.spool.results)/orders.csv.* (with ~ and the batch number in the name if there are such files already)",
            ])
        #expect(try await fixture.run("submit", "orders.csv", "--user", "ann", "--name", "other.CSV").status == 0)
        #expect(try fixture.directory.names(in: "spool/incoming") == ["ann", "orders.csv"])
        #expect(try fixture.directory.names(in: "spool/incoming/ann") == ["other.CSV"])
        #expect(try fixture.directory.text("spool/incoming/orders.csv") == Self.rows)
        #expect(try fixture.directory.text("spool/incoming/ann/other.CSV") == Self.rows)
    }

    @Test func `standard input is a file too, however long`() async throws {
        let fixture = try CommandFixture()
        let text = "number,message\n" + String(repeating: "15550000001,Hi\n", count: 40_000)
        #expect(try await fixture.run("submit", "-", "--name", "a.csv", input: text).status == 0)
        #expect(try fixture.directory.text("spool/incoming/a.csv") == text)
    }

    @Test func `force is written into the file`() async throws {
        let fixture = try CommandFixture()
        #expect(try await fixture.run("submit", "-", "--name", "a.csv", "--force", input: Self.rows).status == 0)
        #expect(try fixture.directory.text("spool/incoming/a.csv") == "# force: true\n" + Self.rows)
        let array = try await fixture.run("submit", "-", "--name", "a.json", "--force", input: "[]")
        #expect(array.status == 64)
        #expect(array.errors.contains("not possible for a bare array"))
        #expect(try fixture.directory.names(in: "spool/incoming") == ["a.csv"])
    }

    @Test func `a name that is taken is 75, and nothing is overwritten`() async throws {
        let fixture = try CommandFixture()
        try fixture.directory.write(Self.rows, to: "a.csv")
        try fixture.directory.write("waits", to: "spool/incoming/a.csv")
        let result = try await fixture.run("submit", "a.csv")
        #expect(result.status == 75)
        #expect(result.output == "")
        #expect(result.errors.contains("a file named a.csv waits in \(fixture.spool.incoming) to be taken; try again"))
        #expect(try fixture.directory.names(in: "spool/incoming") == ["a.csv"])
        #expect(try fixture.directory.text("spool/incoming/a.csv") == "waits")
    }

    @Test func `a disk below its floor is 75`() async throws {
        let fixture = try CommandFixture(settings: ["SPOOLD_SPOOL_MINIMUM_FREE": "1000TiB"])
        try fixture.directory.write(Self.rows, to: "a.csv")
        let result = try await fixture.run("submit", "a.csv")
        #expect(result.status == 75)
        #expect(result.errors.contains("less than spool.minimumFree (1000TiB); free some space"))
        #expect(try fixture.directory.names(in: "spool/incoming") == [])
    }

    /// Plays the daemon: takes the file when it is there, imports it as batch 7 and finishes it.
    private func wait(
        _ fixture: CommandFixture, _ finish: (MessageQueue, BatchSeed) async throws -> Void
    ) async throws -> CommandResult {
        let queue = MessageQueue(try fixture.makeQueue())
        let path = fixture.spool.incoming + "/a.csv"
        let file = try fixture.directory.write(Self.rows, to: "a.csv")
        let command = try fixture.start(["submit", file, "--wait", "--timeout", "10m"])
        try await eventually("the file to be dropped") { FileManager.default.fileExists(atPath: path) }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let inode = try #require(attributes[.systemFileNumber] as? Int)
        let seed = BatchSeed(
            id: BatchID(rawValue: 7), user: .default, file: DropFileName("a.csv"), results: DropFileName("a~7.csv"),
            format: "csv", digest: nil, inode: UInt64(inode), takenAt: CommandFixture.now, original: "accepted/a.csv",
            isDryRun: false)
        try await finish(queue, seed)
        return try await command.result()
    }

    private func importRow(_ queue: MessageQueue, _ seed: BatchSeed, refused: Refusal? = nil) async throws {
        let message = MessageRequest(recipient: .phone("15550000001"), text: "Hi")
        var rows = [ImportRow(record: 1, line: 2, content: .success(message))]
        if let refused { rows.append(ImportRow(record: 2, line: 3, content: .failure(refused))) }
        try await queue.finishImport(rows, of: seed, isStrict: false, now: CommandFixture.now)
    }

    @Test func `wait ends with 0 when all is sent, and names the result`() async throws {
        let fixture = try CommandFixture()
        let result = try await self.wait(fixture) { queue, seed in
            try await self.importRow(queue, seed)
            try await queue.settleAll()
            try fixture.directory.write("data", to: "spool/results/a~7.csv.result.csv")
            try await queue.markReported(seed.id, now: CommandFixture.now)
        }
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.lines == [
                "batch 7: a.csv: reported: 1 rows, 1 sent, 0 failed, 0 cancelled",
                "results: \(fixture.spool.results)/a~7.csv.result.csv",
            ])
        #expect(result.errors.contains("waiting for the daemon"))
    }

    @Test func `wait ends with 65 when a row was refused, and says which`() async throws {
        let fixture = try CommandFixture()
        let result = try await self.wait(fixture) { queue, seed in
            try await self.importRow(queue, seed, refused: Refusal(.validation, "No number", field: "number"))
            try await queue.settleAll()
            let error =
                #"{"line": 3, "success": false, "error": "No number", "code": "VALIDATION_ERROR", "field": "number"}"#
            try fixture.directory.write(
                #"{"success": true, "errors": [\#(error)]}"#, to: "spool/results/a~7.csv.accepted.json")
            try fixture.directory.write("data", to: "spool/results/a~7.csv.failed.csv")
            try await queue.markReported(seed.id, now: CommandFixture.now)
        }
        #expect(result.status == 65, "\(result.errors)")
        #expect(
            result.lines == [
                "batch 7: a.csv: reported: 2 rows, 1 sent, 1 failed, 0 cancelled",
                "line 3: number: No number (VALIDATION_ERROR)",
                "failed rows: \(fixture.spool.results)/a~7.csv.failed.csv",
            ])
    }

    @Test func `wait ends with 65 when the file is rejected, once the answer is there`() async throws {
        let fixture = try CommandFixture()
        let result = try await self.wait(fixture) { queue, seed in
            let refusal = Refusal(.duplicateFile, "Sent before")
            try await queue.reject(seed, BatchRejection(refusal), now: CommandFixture.now)
            try fixture.directory.write(
                #"{"success": false, "error": "Sent before\u001b", "code": "DUPLICATE_FILE"}"#,
                to: "spool/results/a~7.csv.rejected.json")
            try fixture.directory.write("", to: "spool/results/a~7.csv.err")
        }
        #expect(result.status == 65, "\(result.errors)")
        #expect(
            result.lines == [
                "batch 7: a.csv: rejected", "Sent before\\u{1B} (DUPLICATE_FILE)",
                "answer: \(fixture.spool.results)/a~7.csv.rejected.json",
            ])
    }

    @Test func `wait ends with 75 when the time is over`() async throws {
        let fixture = try CommandFixture()
        try fixture.directory.write(Self.rows, to: "a.csv")
        let result = try await fixture.run("submit", "a.csv", "--wait", "--timeout", "0")
        #expect(result.status == 75)
        #expect(
            result.errors.hasSuffix(
                "spoolctl: no result within 0s: a.csv is not taken yet; "
                    + "it goes on without this command; spoolctl status tells what it waits for\n"))
        #expect(try fixture.directory.names(in: "spool/incoming") == ["a.csv"])
    }
}
