import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct SpoolLayoutTests {
    private let directory: TemporaryDirectory
    private let layout: SpoolLayout
    private let ali: UserName

    init() throws {
        self.directory = try TemporaryDirectory()
        self.layout = SpoolLayout(root: self.directory.path("spool") + "//")
        self.ali = try #require(UserName(rawValue: "ali"))
    }

    @Test func `the default user's files lie in the directories themselves, others' in their own`() {
        let root = self.directory.path("spool")
        #expect(self.layout.incoming(of: .default) == root + "/incoming")
        #expect(self.layout.incoming(of: self.ali) == root + "/incoming/ali")
        #expect(self.layout.results(of: self.ali) == root + "/results/ali")
        #expect(self.layout.media(of: .default) == root + "/media")
    }

    @Test func `originals lie under the day of the zone`() throws {
        let date = Date(milliseconds: 1_795_303_800_000)
        let karachi = try #require(TimeZone(identifier: "Asia/Karachi"))
        #expect(self.layout.accepted(on: date, in: .gmt).hasSuffix("/accepted/2026-11-21"))
        #expect(self.layout.accepted(on: date, in: karachi).hasSuffix("/accepted/2026-11-22"))
        #expect(self.layout.accepted(on: Date(milliseconds: 0), in: .gmt).hasSuffix("/accepted/1970-01-01"))
    }

    @Test func `a new spool gets its directories and their rights`() throws {
        try self.layout.prepare(users: [self.ali])
        #expect(
            try self.directory.names(in: "spool") == [
                "accepted", "importing", "incoming", "media", "rejected", "results",
            ])
        #expect(try self.mode("importing") == 0o700)
        #expect(try self.mode("incoming") == 0o1730)
        #expect(try self.mode("incoming/ali") == 0o1730)
        #expect(try self.mode("results/ali") == 0o2750)
        #expect(try self.directory.names(in: "spool/importing").isEmpty)
        #expect(try self.directory.names(in: "spool/rejected").isEmpty)
    }

    @Test func `a second time changes nothing`() throws {
        try self.layout.prepare()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: self.layout.results)
        try self.directory.write("x", to: "spool/incoming/a.csv")
        try self.layout.prepare()
        #expect(try self.mode("results") == 0o755)
        #expect(try self.directory.names(in: "spool/incoming") == ["a.csv"])
    }

    @Test func `a file where a directory belongs is an error that names it`() throws {
        try self.directory.makeDirectory("spool")
        try self.directory.write("x", to: "spool/results")
        #expect(throws: IntakeError.notADirectory(path: self.layout.results)) { try self.layout.prepare() }
    }

    @Test func `a missing parent is an error that names the spool`() throws {
        let layout = SpoolLayout(root: self.directory.path("missing/spool"))
        let error = #expect(throws: IntakeError.self) { try layout.prepare() }
        #expect(try #require(error).description.contains("missing/spool"))
    }

    @Test(.enabled(if: Self.otherFilesystem != nil))
    func `a directory on another filesystem is an error that names both`() throws {
        try self.layout.prepare()
        let elsewhere = try #require(Self.otherFilesystem) + "/spoold-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: elsewhere) }
        for name in ["rejected", "results"] {
            let path = self.directory.path("spool/\(name)")
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: elsewhere)
            let error = #expect(throws: IntakeError.self) { try self.layout.prepare() }
            #expect(try #require(error).description.contains("another filesystem"))
            #expect(try self.directory.names(in: "spool/incoming").isEmpty)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
    }

    /// Debian has a memory filesystem there.
    private static var otherFilesystem: String? {
        guard let memory = try? FileObservation.look(atDirectory: "/dev/shm"),
            let temporary = try? FileObservation.look(atDirectory: FileManager.default.temporaryDirectory.path),
            memory.device != temporary.device, FileManager.default.isWritableFile(atPath: "/dev/shm")
        else { return nil }
        return "/dev/shm"
    }

    private func mode(_ name: String) throws -> UInt32? {
        try FileObservation.look(atDirectory: self.directory.path("spool/" + name))?.mode
    }
}
