import Glibc
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct AtomicFileTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    private func target(_ name: String) -> SpoolPath { SpoolPath(self.directory.path, DropFileName(name)) }

    @Test func `a file appears whole when it is finished, and not before`() throws {
        let file = try AtomicFile(self.target("orders.csv.result.csv"))
        try file.append(Array("number,".utf8))
        try file.append("status\n".utf8)
        #expect(!self.directory.exists("orders.csv.result.csv"))
        #expect(try self.directory.names().allSatisfy { $0.hasPrefix(AtomicFile.prefix) })
        let seen = try file.finish()
        #expect(try self.directory.text("orders.csv.result.csv") == "number,status\n")
        #expect(try self.directory.names() == ["orders.csv.result.csv"])
        #expect(seen.size == 14 && seen.linkCount == 1)
    }

    @Test func `nothing is ever overwritten`() throws {
        try self.directory.write("first", to: "a.ok")
        #expect(throws: IntakeError.alreadyExists(path: self.directory.path("a.ok"))) {
            try AtomicFile.write(Array("second".utf8), to: self.target("a.ok"))
        }
        #expect(try self.directory.text("a.ok") == "first")
        #expect(try self.directory.names() == ["a.ok"])
    }

    @Test func `a file that is not finished leaves nothing`() throws {
        do {
            let file = try AtomicFile(self.target("a.csv"))
            try file.append([1, 2, 3])
        }
        #expect(try self.directory.names().isEmpty)
    }

    @Test func `no bytes make a marker`() throws {
        try AtomicFile.write([], to: self.target("orders.csv.ok"))
        #expect(try self.directory.read("orders.csv.ok").isEmpty)
    }

    @Test func `a name that is not UTF-8 is written as it is`() throws {
        let target = SpoolPath(self.directory.path, DropFileName(bytes: [0xFF, 0x2E, 0x6F, 0x6B]))
        try AtomicFile.write([65], to: target)
        #expect(try FileObservation.look(at: target)?.size == 1)
    }

    @Test func `leftovers of a killed daemon are removed, and nothing else`() throws {
        try self.directory.write("half", to: ".spoold-1-1.tmp")
        try self.directory.write("half", to: ".submit-1-1.tmp")
        try self.directory.write("whole", to: "a.csv")
        #expect(try AtomicFile.removeLeftovers(in: self.directory.path) == 1)
        #expect(try self.directory.names() == [".submit-1-1.tmp", "a.csv"])
    }

    @Test func `a missing directory is an error that names it`() throws {
        let error = #expect(throws: IntakeError.self) {
            try AtomicFile.write([], to: SpoolPath(self.directory.path("missing"), DropFileName("a.ok")))
        }
        #expect(try #require(error).description.contains("missing"))
    }
}

struct DirectoryLockTests {
    @Test func `a second holder is refused until the first is gone`() throws {
        let directory = try TemporaryDirectory()
        do {
            let lock = try DirectoryLock(path: directory.path)
            #expect(throws: IntakeError.locked(directory: directory.path, holder: getpid())) {
                _ = try DirectoryLock(path: directory.path)
            }
            withExtendedLifetime(lock) {}
        }
        _ = try DirectoryLock(path: directory.path)
    }

    @Test func `a lock file with nonsense in it does no harm`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("999999999999999999999999\nx", to: ".lock")
        _ = try DirectoryLock(path: directory.path)
        #expect(try directory.text(".lock") == "\(getpid())\n")
    }

    @Test func `a directory that is not there is an error`() throws {
        #expect(throws: IntakeError.self) { _ = try DirectoryLock(path: "/nonexistent/spool") }
    }
}

struct FreeSpaceTests {
    @Test func `there is some space where tests run, and an error where nothing is`() throws {
        #expect(try FreeSpace.available(at: "/tmp") > 0)
        #expect(throws: IntakeError.self) { try FreeSpace.available(at: "/nonexistent") }
    }
}
