import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// Every form of drop file, good and bad, ends in the answers that the contract promises for it.
struct InputFormTests {
    @Test func `every format is sent and answered in its own form`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let row = { (number: Int) in
            "{\"number\": \"92300123456\(number)\", \"message\": \"Hello\", \"ref\": \"r\(number)\"}"
        }
        try daemon.drop(row(1), as: "one.json")
        try daemon.drop("{\"name\": \"May\", \"messages\": [\(row(2)), \(row(3))]}", as: "bulk.json")
        try daemon.drop("[\(row(4)), \(row(5))]", as: "array.json")
        try daemon.drop("\(row(6))\n\n\(row(7))\n", as: "lines.jsonl")
        try daemon.drop("\(row(8))\n\(row(9))", as: "lines.ndjson")
        try daemon.drop("Phone;Text;city\r\n923001234500;Hello;Lahore\r\n", as: "semicolon.csv")

        let counts = [
            "one.json": 1, "bulk.json": 2, "array.json": 2, "lines.jsonl": 2, "lines.ndjson": 2, "semicolon.csv": 1,
        ]
        for (name, count) in counts {
            #expect(try await daemon.marker(of: name) == "ok")
            let accepted = try daemon.json("\(name).accepted.json")
            #expect(accepted["success"] == true && accepted["file"]?.text == name && accepted["results"]?.text == name)
            let id = try #require(accepted["batchId"]?.int)
            // The marker comes first.
            try await daemon.wait(for: "\(name) to be reported") { try await daemon.batch(id)["status"] == "reported" }
            let batch = try await daemon.batch(id)
            #expect(batch["sent"]?.int == count && batch["total"]?.int == count)
            if name == "bulk.json" { #expect(batch["name"] == "May") }
            try Self.checkAccepted(accepted, count: count)
        }
        try Self.checkResults(in: daemon)
    }

    private static func checkAccepted(_ accepted: JSON, count: Int) throws {
        if count == 1 {
            #expect(accepted["message"] == "Message queued successfully" && accepted["status"] == "pending")
            #expect(accepted["queueId"]?.int != nil && accepted["estimatedDelivery"]?.text != nil)
        } else {
            #expect(accepted["message"] == "Bulk messages queued")
            #expect(accepted["queued"]?.int == count && accepted["failed"] == 0)
            #expect(accepted["queueIds"]?.elements.count == count)
        }
    }

    private static func checkResults(in daemon: TestDaemon) throws {
        for name in ["one.json", "bulk.json", "array.json"] {
            let messages = try #require(try daemon.json("\(name).result.json")["messages"]?.elements)
            #expect(messages.count == (name == "one.json" ? 1 : 2))
            #expect(messages.allSatisfy { $0["status"] == "sent" && $0["ref"]?.text?.hasPrefix("r") == true })
        }
        for name in ["lines.jsonl", "lines.ndjson"] {
            let lines = String(decoding: try daemon.read("\(name).result.jsonl"), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(try lines.allSatisfy { try JSON(String($0))["status"] == "sent" })
        }
        let text = String(decoding: try daemon.read("semicolon.csv.result.csv"), as: UTF8.self)
        #expect(text.hasPrefix("Phone;Text;city;queueId;status;"))
        #expect(text.components(separatedBy: "\r\n").dropFirst().first?.hasPrefix("923001234500;Hello;Lahore;") == true)
    }

    /// A file of which nothing can be taken, and the answer it gets.
    struct BadFile: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var code: String
        var line: Int?
        var field: String?

        init(_ name: String, _ text: String, _ code: String, line: Int? = nil, field: String? = nil) {
            self.init(name, bytes: Array(text.utf8), code, line: line, field: field)
        }

        init(_ name: String, bytes: [UInt8], _ code: String, line: Int? = nil, field: String? = nil) {
            self.name = name
            self.bytes = bytes
            self.code = code
            self.line = line
            self.field = field
        }

        var testDescription: String { self.name }
    }

    private static let badFiles: [BadFile] = [
        .init("empty.csv", "", "EMPTY_FILE"),
        .init("header-only.csv", "number,message\n", "EMPTY_FILE"),
        .init("no-messages.json", "{\"messages\": []}", "EMPTY_FILE"),
        .init("cut.json", "{\"messages\": [{\"number\": \"923001234567\",", "INCOMPLETE_FILE"),
        .init("cut.csv", "number,message\n923001234567,\"Hello", "INCOMPLETE_FILE", line: 2),
        .init("not-json.json", "{number: 923001234567}", "VALIDATION_ERROR", line: 1),
        .init(
            "binary.csv", bytes: Array("number,message\n".utf8) + [0x89, 0x50, 0, 1, 2, 3, 0xFF], "ENCODING_ERROR",
            line: 2),
        .init("nul.csv", bytes: Array("number,message\n923001234567,a".utf8) + [0, 10], "ENCODING_ERROR", line: 2),
        .init(
            "latin-1.csv", bytes: Array("number,message\n923001234567,ok\n923001234568,caf".utf8) + [0xE9, 0x0A],
            "ENCODING_ERROR", line: 3),
        .init("orders.xlsx", bytes: [0x50, 0x4B, 3, 4], "UNSUPPORTED_FORMAT"),
        .init("no-ending", "number,message\n923001234567,Hello\n", "UNSUPPORTED_FORMAT"),
        .init("no-number.csv", "name,message\nAli,Hello\n", "VALIDATION_ERROR", line: 1, field: "number"),
        .init(
            "two-numbers.csv", "phone,mobile,text\n923001234567,,Hello\n", "VALIDATION_ERROR", line: 1, field: "number"),
        .init("no-good-row.csv", "number,message\n12,Hello\nx,Hello\n", "VALIDATION_ERROR", line: 2, field: "number"),
        .init(
            "strict.csv", "# strict: true\nnumber,message\n923001234567,Hello\n923001234568,\n", "VALIDATION_ERROR",
            line: 4, field: "message"),
        .init("one.json", "{\"number\": \"923001234567\"}", "VALIDATION_ERROR", line: 1, field: "message"),
    ]

    @Test func `a file of which nothing can be taken gets its reason, is kept, and costs nothing else`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        for file in Self.badFiles { try daemon.drop(file.bytes, as: file.name) }
        try daemon.drop("number,message\n923001234500,Hello\n", as: "good.csv")
        #expect(try await daemon.marker(of: "good.csv") == "ok")
        for file in Self.badFiles {
            #expect(try await daemon.marker(of: file.name) == "err")
            try await Self.checkRejection(of: file, by: daemon)
        }
        let kept = try daemon.names(in: "rejected").map { $0.drop { $0 != "~" }.dropFirst() }
        #expect(kept.sorted() == Self.badFiles.map { $0.name[...] }.sorted())
        let statistics = try await daemon.control("/api/stats").json()
        #expect(statistics["sent"] == 1 && statistics["inQueue"] == 0)
        #expect(try await daemon.control("/readyz").status == 200)
    }

    private static func checkRejection(of file: BadFile, by daemon: TestDaemon) async throws {
        let answer = try daemon.json("\(file.name).rejected.json")
        #expect(answer["success"] == false && answer["file"]?.text == file.name, "\(file.name)")
        #expect(answer["code"]?.text == file.code, "\(file.name): \(answer)")
        #expect(answer["error"]?.text?.isEmpty == false)
        if let line = file.line { #expect(answer["line"]?.int == line, "\(file.name): \(answer)") }
        if let field = file.field { #expect(answer["field"]?.text == field, "\(file.name): \(answer)") }
        let answers = try daemon.names(in: "results").filter { $0.hasPrefix(file.name + ".") }
        #expect(answers == ["\(file.name).err", "\(file.name).rejected.json"])
        let batch = try await daemon.batch(try #require(answer["batchId"]?.int))
        #expect(batch["status"] == "rejected" && batch["sent"] == 0)
    }

    @Test func `links, FIFOs and files with two names are refused and never followed`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let text = "number,message\n923001234567,Hello\n"
        try Data(text.utf8).write(to: URL(filePath: daemon.root + "/outside.csv"))
        try #require(symlink(daemon.root + "/outside.csv", daemon.spool + "/incoming/symbolic.csv") == 0)
        try #require(mkfifo(daemon.spool + "/incoming/fifo.csv", 0o644) == 0)
        try #require(link(daemon.root + "/outside.csv", daemon.spool + "/incoming/hard.csv") == 0)
        for name in ["symbolic.csv", "fifo.csv", "hard.csv"] {
            #expect(try await daemon.marker(of: name) == "err")
            #expect(try daemon.json("\(name).rejected.json")["code"] == "UNREADABLE")
        }
        // Answers come before the originals leave.
        try await eventually("the originals to leave") { try daemon.names(in: "incoming").isEmpty }
        #expect(try String(contentsOfFile: daemon.root + "/outside.csv", encoding: .utf8) == text)
        #expect(try await daemon.control("/api/stats").json()["totalSent"] == 0)
    }

    @Test func `directories and unfinished names are left alone`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let names = [
            ".hidden.csv", "orders.csv.tmp", "orders.csv.part", "orders.csv~", "orders.csv.lock", "folder.csv",
        ]
        let text = "number,message\n923001234567,Hello\n"
        try FileManager.default.createDirectory(
            atPath: daemon.spool + "/incoming/folder.csv", withIntermediateDirectories: false)
        try Data(text.utf8).write(to: URL(filePath: daemon.spool + "/incoming/folder.csv/orders.csv"))
        for name in names.dropLast() { try daemon.drop(text, as: name) }
        try daemon.drop(text, as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        #expect(try daemon.names(in: "incoming") == names.sorted())
        #expect(try await daemon.control("/api/stats").json()["totalSent"] == 1)
    }

    @Test func `the same bytes twice are refused with the first batch named, and force lets them through`() async throws
    {
        let daemon = try TestDaemon()
        try await daemon.start()
        let text = "number,message\n923001234567,Hello\n"
        try daemon.drop(text, as: "first.csv")
        #expect(try await daemon.marker(of: "first.csv") == "ok")
        let batch = try #require(try daemon.json("first.csv.accepted.json")["batchId"]?.int)
        try daemon.drop(text, as: "second.csv")
        #expect(try await daemon.marker(of: "second.csv") == "err")
        let refusal = try daemon.json("second.csv.rejected.json")
        #expect(refusal["code"] == "DUPLICATE_FILE")
        #expect(refusal["error"]?.text?.contains("batch \(batch)") == true)
        for name in ["third.csv", "fourth.csv"] {
            try daemon.drop("# force: true\n" + text, as: name)
            #expect(try await daemon.marker(of: name) == "ok")
        }
        for name in ["third.json", "fourth.json"] {
            try daemon.drop("{\"force\": true, \"messages\": [{\"to\": 923001234567, \"text\": \"Hello\"}]}", as: name)
            #expect(try await daemon.marker(of: name) == "ok")
        }
        #expect(try await daemon.control("/api/stats").json()["totalSent"] == 5)
    }

    @Test func `a used name gets the batch number in all its answers, and nothing is overwritten`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        try daemon.drop("number,message\n923001234567,first\n12,first\n", as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "some")
        let before = try daemon.names(in: "results")
        let contents = try before.map { try daemon.read($0) }
        try daemon.drop("number,message\n923001234567,second\n12,second\n", as: "orders.csv")
        #expect(try await daemon.marker(of: "orders~2.csv") == "some")
        let accepted = try daemon.json("orders~2.csv.accepted.json")
        #expect(accepted["file"] == "orders.csv" && accepted["results"] == "orders~2.csv" && accepted["batchId"] == 2)
        #expect(try daemon.table("orders~2.csv.result.csv")["message"] == ["second", "second"])
        #expect(try before.map { try daemon.read($0) } == contents)
        #expect(
            try daemon.names(in: "results")
                == (before + before.map { "orders~2.csv" + $0.dropFirst("orders.csv".count) }).sorted())
        // A rejected file keeps away from them too.
        try daemon.drop("", as: "orders.csv")
        #expect(try await daemon.marker(of: "orders~3.csv") == "err")
    }

    @Test func `a file written in place is taken whole when its writer is done`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let path = daemon.spool + "/incoming/slow.csv"
        let writer = open(path, O_WRONLY | O_CREAT, 0o644)
        try #require(writer >= 0)
        let start = Array("number,message\n923001234567,Hello\n92300".utf8)
        try #require(write(writer, start, start.count) == start.count)
        // Other files go on while it is open.
        try daemon.drop("number,message\n923001234568,Hello\n", as: "quick.csv")
        #expect(try await daemon.marker(of: "quick.csv") == "ok")
        #expect(try daemon.names(in: "incoming") == ["slow.csv"])
        let rest = Array("1234569,Hello\n".utf8)
        try #require(write(writer, rest, rest.count) == rest.count)
        close(writer)
        #expect(try await daemon.marker(of: "slow.csv") == "ok")
        #expect(try daemon.table("slow.csv.result.csv")["number"] == ["923001234567", "923001234569"])
    }

    @Test func `a file dropped while the daemon is away is taken at the next start`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        try await daemon.stop()
        try daemon.drop("number,message\n923001234567,Hello\n", as: "early.csv")
        try await daemon.start()
        #expect(try await daemon.marker(of: "early.csv") == "ok")
    }

    /// Runs the daemon without the rights of root, which reads and moves everything.
    private static func unprivilegedDaemon(_ settings: [String: String] = [:]) throws -> TestDaemon {
        guard geteuid() == 0 else { return try TestDaemon(settings: settings) }
        let daemon = try TestDaemon(
            settings: settings,
            launcher: ["/usr/bin/setpriv", "--reuid", "\(Self.nobody)", "--regid", "\(Self.nobody)", "--clear-groups"])
        guard chown(daemon.root, Self.nobody, Self.nobody) == 0 else {
            throw SystemCallFailed(call: "chown", code: errno)
        }
        return daemon
    }

    private static let nobody: UInt32 = 65534
    private static let canBeUnprivileged = geteuid() != 0 || access("/usr/bin/setpriv", X_OK) == 0

    @Test(.enabled(if: Self.canBeUnprivileged, "root reads everything; needs setpriv"))
    func `a file that the daemon may not read is answered with UNREADABLE`() async throws {
        let daemon = try Self.unprivilegedDaemon()
        try await daemon.start()
        let path = daemon.spool + "/.secret.csv"
        try Data("number,message\n923001234567,Hello\n".utf8).write(to: URL(filePath: path))
        try #require(chmod(path, 0) == 0)
        try moveFile(from: path, to: daemon.spool + "/incoming/secret.csv")
        #expect(try await daemon.marker(of: "secret.csv") == "err")
        let answer = try daemon.json("secret.csv.rejected.json")
        #expect(answer["code"] == "UNREADABLE")
        #expect(answer["error"]?.text?.contains("owner \(geteuid())") == true, "\(answer)")
        try daemon.drop("number,message\n923001234567,Hello\n", as: "good.csv")
        #expect(try await daemon.marker(of: "good.csv") == "ok")
    }

    @Test(.enabled(if: geteuid() == 0 && Self.canBeUnprivileged, "needs a directory of somebody else"))
    func `a file that the daemon may not move is answered once and said in the status`() async throws {
        let daemon = try Self.unprivilegedDaemon(["SPOOL_RESCAN": "20ms"])
        let incoming = daemon.spool + "/incoming"
        try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
        // In a sticky directory of root, only root moves root's files.
        try #require(chown(daemon.spool, Self.nobody, Self.nobody) == 0 && chmod(incoming, 0o1777) == 0)
        try await daemon.start()
        try daemon.drop("number,message\n923001234567,Hello\n", as: "stuck.csv")
        #expect(try await daemon.marker(of: "stuck.csv") == "err")
        #expect(try daemon.json("stuck.csv.rejected.json")["code"] == "UNREADABLE")
        let notices = try await daemon.control("/control/status").json()["notices"]?.elements ?? []
        #expect(notices.contains { $0.text?.contains("stuck.csv") == true }, "\(notices)")
        // While a file that the daemon's user owns settles, many sweeps pass over the other.
        let good = incoming + "/.good.csv"
        try Data("number,message\n923001234567,Hello\n".utf8).write(to: URL(filePath: good))
        try #require(chown(good, Self.nobody, Self.nobody) == 0)
        try #require(link(good, incoming + "/good.csv") == 0 && unlink(good) == 0)
        #expect(try await daemon.marker(of: "good.csv") == "ok")
        #expect(try daemon.names(in: "results").filter { $0.hasPrefix("stuck") }.count == 2)
        try await eventually("the other to leave") { try daemon.names(in: "incoming") == ["stuck.csv"] }
    }
}
