import Foundation
import Glibc
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

struct DropFileTakingTests {
    private let spool: TemporarySpool
    private let layout: SpoolLayout
    private let taking: DropFileTaking
    private let ali: UserName
    private let batch = BatchID(rawValue: 42)
    private let noon = Date(milliseconds: 1_795_262_400_000)

    init() throws {
        self.ali = try #require(UserName(rawValue: "ali"))
        self.spool = try TemporarySpool(users: [self.ali])
        self.layout = SpoolLayout(root: self.spool.spool)
        self.taking = DropFileTaking(layout: self.layout, timeZone: .gmt)
    }

    private func ready(_ name: DropFileName, for user: UserName = .default) -> ReadyFile {
        ReadyFile(
            user: user, name: name, path: SpoolPath(self.layout.incoming(of: user), name), cameByRename: true,
            mayStillGrow: false)
    }

    private func names(_ directory: String) throws -> [String] {
        try self.spool.directory.names(in: "spool/" + directory)
    }

    private func isRefused(_ file: TakenFile) -> Bool {
        switch file.content {
        case .readable: false
        case .refused: true
        }
    }

    @Test func `a file is taken under a name that says whose it is, and archived under its day`() throws {
        try self.spool.drop("number,message\n", as: "orders.csv", for: self.ali)
        let file = try self.taking.take(self.ready(DropFileName("orders.csv"), for: self.ali), batch: self.batch)
        #expect(try self.names("importing") == ["42~ali~orders.csv"])
        #expect(try self.names("incoming/ali").isEmpty)
        guard case .readable(let open, let identity) = file.content else {
            Issue.record("the file was refused")
            return
        }
        #expect(identity.size == 15)
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(pread(open.descriptor, &bytes, 64, 0) == 15)
        let archived = try self.taking.accept(file, on: self.noon)
        #expect(archived.description == self.layout.accepted + "/2026-11-21/42~orders.csv")
        #expect(try self.names("accepted/2026-11-21") == ["42~orders.csv"])
        #expect(try self.names("importing").isEmpty)
    }

    @Test func `a rejected file is kept, and no other is overwritten`() throws {
        for _ in 0..<2 {
            try self.spool.drop("x", as: "orders.csv")
            try self.taking.reject(try self.taking.take(self.ready(DropFileName("orders.csv")), batch: self.batch))
        }
        #expect(try self.names("rejected") == ["42~2~orders.csv", "42~orders.csv"])
    }

    @Test func `a file that was withdrawn is said to have vanished`() throws {
        let file = self.ready(DropFileName("orders.csv"))
        #expect(throws: IntakeError.vanished(path: file.path.description)) {
            try self.taking.take(file, batch: self.batch)
        }
    }

    @Test func `a missing spool directory is not taken for a withdrawn file`() throws {
        try self.spool.drop("x", as: "orders.csv")
        try FileManager.default.removeItem(atPath: self.layout.importing)
        let error = #expect(throws: IntakeError.self) {
            try self.taking.take(self.ready(DropFileName("orders.csv")), batch: self.batch)
        }
        guard case .systemCall = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try self.names("incoming") == ["ali", "orders.csv"])
    }

    @Test func `a name that is not UTF-8 goes the whole way`() throws {
        let name = DropFileName(bytes: [0xFF, 0x2E, 0x63, 0x73, 0x76])
        try AtomicFile.write([65], to: SpoolPath(self.layout.incoming, name))
        let file = try self.taking.take(self.ready(name), batch: self.batch)
        #expect(file.name == name)
        #expect(try self.taking.leftovers().files.map(\.name) == [name])
        #expect(try self.taking.accept(file, on: self.noon).name.bytes == Array("42~".utf8) + name.bytes)
    }

    @Test func `a name that is too long is taken under its start and refused, over a restart too`() throws {
        let name = String(repeating: "x", count: 251) + ".csv"
        try self.spool.directory.write("x", to: "spool/incoming/" + name)
        let file = try self.taking.take(self.ready(DropFileName(name)), batch: self.batch)
        #expect(self.isRefused(file))
        #expect(file.name.bytes.count == 200)
        let leftover = try #require(try self.taking.leftovers().files.first)
        #expect(leftover.name == file.name)
        #expect(self.isRefused(try self.taking.resume(leftover)))
        try self.taking.reject(file)
        #expect(try self.names("importing").isEmpty)
    }

    @Test(arguments: ["link", "fifo", "hardlink", "directory"])
    func `what became something else since it was ready is refused, never followed`(kind: String) throws {
        let path = self.layout.incoming + "/orders.csv"
        let secret = try self.spool.directory.write("secret", to: "secret")
        switch kind {
        case "link": #expect(symlink(secret, path) == 0)
        case "fifo": #expect(mkfifo(path, 0o600) == 0)
        case "hardlink": #expect(link(secret, path) == 0)
        default: #expect(mkdir(path, 0o700) == 0)
        }
        let file = try self.taking.take(self.ready(DropFileName("orders.csv")), batch: self.batch)
        #expect(self.isRefused(file))
        try self.taking.reject(file)
        #expect(try self.names("rejected") == ["42~orders.csv"])
        #expect(try self.spool.directory.text("secret") == "secret")
    }

    @Test func `a writer that goes on is noticed`() throws {
        let path = self.layout.incoming + "/orders.csv"
        let writer = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(writer) }
        #expect(write(writer, "half", 4) == 4)
        let file = try self.taking.take(self.ready(DropFileName("orders.csv")), batch: self.batch)
        guard case .readable(_, let identity) = file.content else {
            Issue.record("the file was refused")
            return
        }
        #expect(try !file.hasChanged(since: identity))
        #expect(write(writer, "more", 4) == 4)
        let later = try #require(try file.newIdentity(since: identity))
        #expect(later.size == 8)
        #expect(try !file.hasChanged(since: later))
    }

    @Test func `a start finds what was left, oldest first, and strangers apart`() throws {
        for (number, user) in [(11, self.ali), (9, .default)] {
            try self.spool.drop("x", as: "a~b.csv", for: user)
            _ = try self.taking.take(
                self.ready(DropFileName("a~b.csv"), for: user), batch: BatchID(rawValue: Int64(number)))
        }
        try self.spool.directory.write("", to: "spool/importing/.lock")
        try self.spool.directory.write("", to: "spool/importing/notes.txt")
        let leftovers = try self.taking.leftovers()
        #expect(leftovers.files.map(\.batch.rawValue) == [9, 11])
        #expect(leftovers.files.map(\.user) == [.default, self.ali])
        #expect(leftovers.files.allSatisfy { $0.name == DropFileName("a~b.csv") })
        #expect(leftovers.strangers.map(\.name) == [DropFileName("notes.txt")])
        let resumed = try self.taking.resume(leftovers.files[1])
        #expect(resumed.batch.rawValue == 11 && !self.isRefused(resumed))
    }

    @Test func `a file put back has its name again, unless that was used meanwhile`() throws {
        try self.spool.drop("half", as: "orders.csv", for: self.ali)
        let ready = self.ready(DropFileName("orders.csv"), for: self.ali)
        try self.taking.putBack(try self.taking.take(ready, batch: self.batch))
        #expect(try self.names("incoming/ali") == ["orders.csv"])
        let file = try self.taking.take(ready, batch: self.batch)
        try self.spool.drop("new", as: "orders.csv", for: self.ali)
        #expect(throws: IntakeError.alreadyExists(path: ready.path.description)) { try self.taking.putBack(file) }
        #expect(try self.names("importing") == ["42~ali~orders.csv"])
    }

    @Test func `what was refused unread leaves the drop directory`() throws {
        let path = SpoolPath(self.layout.incoming, DropFileName(String(repeating: "x", count: 255)))
        #expect(path.withCString { symlink("/etc/hostname", $0) } == 0)
        let refused = RefusedFile(user: .default, name: path.name, path: path, refusal: Refusal(.unreadable, "a link"))
        let archived = try self.taking.reject(refused, batch: self.batch)
        #expect(try FileObservation.look(at: archived)?.kind == .symbolicLink)
        #expect(try self.names("incoming") == ["ali"])
    }
}

struct DropSubmissionTests {
    private let spool: TemporarySpool
    private let submission: DropSubmission

    init() throws {
        self.spool = try TemporarySpool()
        self.submission = DropSubmission(layout: SpoolLayout(root: self.spool.spool))
    }

    @Test func `a submitted file lies complete in the drop directory`() throws {
        let inode = try self.submission.submit("{}".utf8, as: DropFileName("one.json"))
        #expect(try self.spool.directory.text("spool/incoming/one.json") == "{}")
        let seen = try FileObservation.look(at: SpoolPath(self.spool.incoming, DropFileName("one.json")))
        #expect(seen?.inode == inode)
        #expect(try self.spool.directory.names(in: "spool/incoming") == ["one.json"])
    }

    @Test func `a name that waits already is not overwritten`() throws {
        try self.submission.submit("first".utf8, as: DropFileName("one.json"))
        #expect(throws: IntakeError.alreadyExists(path: self.spool.incoming + "/one.json")) {
            try self.submission.submit("second".utf8, as: DropFileName("one.json"))
        }
        #expect(try self.spool.directory.text("spool/incoming/one.json") == "first")
    }

    @Test(arguments: ["../one.json", "one.json.tmp", ".one.json", ""])
    func `a name that would never be taken is refused`(name: String) throws {
        let error = #expect(throws: IntakeError.self) { try self.submission.submit("{}".utf8, as: DropFileName(name)) }
        guard case .unusableName = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try self.spool.directory.names(in: "spool/incoming").isEmpty)
    }
}
