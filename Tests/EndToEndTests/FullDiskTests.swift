import Foundation
import Glibc
import SpoolTestSupport
import Testing

/// A filesystem of a few megabytes, on which the disk can be full.
final class SmallDisk: Sendable {
    private let directory: TemporaryDirectory

    var path: String { self.directory.path }

    init(megabytes: Int) throws {
        self.directory = try TemporaryDirectory()
        guard mount("tmpfs", self.directory.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw SystemCallFailed(call: "mount", code: errno)
        }
    }

    deinit {
        // Whoever still has it open keeps it until they end.
        umount2(self.directory.path, Int32(MNT_DETACH))
    }

    /// Whether this process may mount filesystems at all.
    static let isPermitted: Bool = {
        do {
            _ = try SmallDisk(megabytes: 1)
            return true
        } catch {
            return false
        }
    }()

    /// Takes away what is free, but for `rest` bytes.
    func fill(butFor rest: Int) throws {
        let descriptor = open(self.path + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw SystemCallFailed(call: "open", code: errno) }
        defer { close(descriptor) }
        let page = [UInt8](repeating: 7, count: 4096)
        while try self.free() > rest, write(descriptor, page, page.count) == page.count {}
    }

    func clear() throws {
        try FileManager.default.removeItem(atPath: self.path + "/filler")
    }

    private func free() throws -> Int {
        var status = statvfs()
        guard statvfs(self.path, &status) == 0 else { throw SystemCallFailed(call: "statvfs", code: errno) }
        return Int(status.f_bavail) * Int(status.f_bsize)
    }
}

@Suite(.enabled(if: SmallDisk.isPermitted, "a full disk needs the right to mount one"))
struct FullDiskTests {
    private static let text = "number,message\n" + (0..<500).map { "92300123\(1000 + $0),Hello\n" }.joined()

    @Test func `below the floor no file is taken, it is said, and sending goes on`() async throws {
        let disk = try SmallDisk(megabytes: 24)
        let daemon = try TestDaemon(
            settings: ["SPOOL_MINIMUM_FREE": "4MB", "DRY_RUN_LATENCY": "2ms"], root: disk.path)
        try await daemon.start()
        try daemon.drop(Self.text, as: "before.csv")
        try await daemon.waitFor("before.csv.accepted.json")
        try disk.fill(butFor: 3 << 20)
        try daemon.drop("number,message\n923001234567,late\n", as: "late.csv")
        try await daemon.wait(for: "the notice") {
            try await daemon.control("/readyz").json()["reasons"]?.elements.contains {
                $0.text?.contains("spool.minimumFree") == true
            } == true
        }
        #expect(try await daemon.control("/readyz").status == 503)
        let notices = try await daemon.control("/control/status").json()["notices"]?.elements ?? []
        #expect(notices.contains { $0.text?.contains("no file is taken") == true }, "\(notices)")
        #expect(try await daemon.marker(of: "before.csv") == "ok")
        #expect(try daemon.names(in: "incoming") == ["late.csv"])
        try disk.clear()
        #expect(try await daemon.marker(of: "late.csv") == "ok")
        #expect(try await daemon.control("/readyz").status == 200)
    }

    @Test func `an import that meets a full disk waits, says so, and completes when there is room`() async throws {
        let disk = try SmallDisk(megabytes: 24)
        let daemon = try TestDaemon(settings: ["SPOOL_MINIMUM_FREE": "0"], root: disk.path)
        try await daemon.start()
        let file = BulkFile(5000, bad: 5, seed: 3, tag: "full")
        try Data(file.text.utf8).write(to: URL(filePath: daemon.spool + "/.orders.csv"))
        try disk.fill(butFor: 65536)
        try moveFile(from: daemon.spool + "/.orders.csv", to: daemon.spool + "/incoming/orders.csv")
        try await daemon.wait(for: "the notice") {
            try await daemon.control("/control/status").json()["notices"]?.elements.contains {
                $0.text?.hasPrefix("batch 1: ") == true
            } == true
        }
        #expect(try await daemon.control("/readyz").status == 503)
        try disk.clear()
        #expect(try await daemon.marker(of: "orders.csv") == "some")
        #expect(try daemon.table("orders.csv.result.csv").counts(of: "status") == ["sent": 4995, "failed": 5])
        #expect(try await daemon.control("/readyz").status == 200)
    }

    @Test func `a disk that fills while sending loses and doubles nothing`() async throws {
        let disk = try SmallDisk(megabytes: 24)
        // Slow enough to fill the disk while it sends, on a busy machine too.
        let daemon = try TestDaemon(
            settings: TestDaemon.pace("60ms").merging(["SPOOL_MINIMUM_FREE": "0"]) { $1 }, root: disk.path)
        try await daemon.start()
        try daemon.drop(BulkFile(300, bad: 0, seed: 4, tag: "sending").text, as: "orders.csv")
        try await daemon.wait(for: "some to be sent") { try await daemon.count("sent", of: 1) > 20 }
        try disk.fill(butFor: 0)
        try await daemon.wait(for: "a complaint") {
            daemon.log.contains("trying again") || daemon.log.contains("have to wait")
        }
        try disk.clear()
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        let stored = try StoredQueue(readingIn: daemon.state)
        #expect(try stored.number("SELECT count(*) FROM attempt WHERE outcome = 'sent'") == 300)
        #expect(try stored.rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try daemon.table("orders.csv.result.csv").counts(of: "status") == ["sent": 300])
    }
}
