import CLinux
import Foundation
import Glibc
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolFiles

/// A watcher at work on a spool of its own, with a clock that the test moves.
private struct Rig: Sendable {
    let spool: TemporarySpool
    let layout: SpoolLayout
    let clock = TestClock()
    let watcher: DropWatcher

    init(users: [UserName], configuration: DropWatcher.Configuration) throws {
        self.spool = try TemporarySpool(users: users)
        self.layout = SpoolLayout(root: self.spool.spool)
        self.watcher = DropWatcher(layout: self.layout, users: users, configuration: configuration, clock: self.clock)
    }

    func path(_ name: String) -> String { self.spool.incoming + "/" + name }

    func next(_ what: String = "an arrival") async throws -> DropArrival? {
        try await waiting(for: what) {
            var iterator = self.watcher.arrivals.makeAsyncIterator()
            return await iterator.next()
        }
    }

    /// Returns when the watcher has looked at everything that happened before the call.
    ///
    /// The turn that hands out the first file may still list directories, and answer others meanwhile; the turn of the
    /// second file begins when it has ended, and has nothing to list.
    func catchUp() async throws {
        for name in ["catch-up-1.csv", "catch-up-2.csv"] {
            try self.spool.drop("x", as: name)
            #expect(try await self.next("the catch-up file") == self.ready(name, cameByRename: true))
            try FileManager.default.removeItem(atPath: self.path(name))
        }
        _ = await self.watcher.waitingCount
    }

    /// Fails when anything arrives, now or in the next long while.
    func expectNothingMore() async throws {
        try await self.catchUp()
        self.clock.advance(by: .seconds(2000))
        try await self.catchUp()
        self.clock.advance(by: .seconds(2000))
        try await self.catchUp()
    }

    func ready(_ name: String, for user: UserName = .default, cameByRename: Bool, mayStillGrow: Bool = false)
        -> DropArrival
    {
        let name = DropFileName(name)
        return .ready(
            ReadyFile(
                user: user, name: name, path: SpoolPath(self.layout.incoming(of: user), name),
                cameByRename: cameByRename,
                mayStillGrow: mayStillGrow))
    }
}

/// Every way of writing that clients are known to use.
private enum Writer: String, CaseIterable, Sendable {
    case move
    case moveOver
    case writeAndClose
    case appendTwice
    case linkAndUnlink
    case unnamedAndLink
    case writeThenTouch

    var cameByRename: Bool {
        switch self {
        case .move, .moveOver: true
        case .writeAndClose, .appendTwice, .linkAndUnlink, .unnamedAndLink, .writeThenTouch: false
        }
    }

    func publish(_ path: String, in directory: String) throws {
        switch self {
        case .move: try self.writeAndMove(path, in: directory)
        case .moveOver:
            try Self.write("old", to: path, O_CREAT)
            try self.writeAndMove(path, in: directory)
        case .writeAndClose: try Self.write("number\n1\n", to: path, O_CREAT)
        case .appendTwice:
            try Self.write("number\n", to: path, O_CREAT | O_APPEND)
            try Self.write("1\n", to: path, O_APPEND)
        case .linkAndUnlink:
            let other = directory + "/.other"
            try Self.write("number\n1\n", to: other, O_CREAT)
            try Self.check("link", link(other, path))
            try Self.check("unlink", unlink(other))
        case .unnamedAndLink:
            let file = open(directory, spool_O_TMPFILE | O_DIRECTORY | O_WRONLY, 0o644)
            try Self.check("O_TMPFILE", file)
            defer { close(file) }
            try Self.check("write", Int32(Glibc.write(file, "number\n", 7)))
            try Self.check("linkat", linkat(AT_FDCWD, "/proc/self/fd/\(file)", AT_FDCWD, path, AT_SYMLINK_FOLLOW))
        case .writeThenTouch:
            try Self.write("number\n1\n", to: path, O_CREAT)
            try Self.check("utimensat", utimensat(AT_FDCWD, path, nil, 0))
            try Self.check("chmod", chmod(path, 0o664))
        }
    }

    private func writeAndMove(_ path: String, in directory: String) throws {
        try Self.write("number\n1\n", to: directory + "/.moving", O_CREAT)
        try moveFile(from: directory + "/.moving", to: path)
    }

    static func write(_ text: String, to path: String, _ flags: Int32) throws {
        let file = open(path, O_WRONLY | flags, 0o644)
        try Self.check("open", file)
        defer { close(file) }
        try Self.check("write", Int32(Glibc.write(file, text, text.utf8.count)))
    }

    static func check(_ call: String, _ result: Int32) throws {
        guard result >= 0 else { throw SystemCallFailed(call: call, code: errno) }
    }
}

/// One after the other: inotify can be used once per process.
@Suite(.serialized) struct DropWatcherTests {
    private static let ali = UserName(rawValue: "ali") ?? .default

    /// Runs a watcher until `body` is through.
    private func watching(
        users: [UserName] = [], configuration: DropWatcher.Configuration = DropWatcher.Configuration(),
        before: (Rig) throws -> Void = { _ in }, _ body: (Rig) async throws -> Void
    ) async throws {
        try await asOnlyWatcher {
            let rig = try Rig(users: users, configuration: configuration)
            try before(rig)
            let run = Task { try await rig.watcher.run() }
            do {
                // It sleeps when it has listed the directories for the first time.
                await rig.clock.sleepers(atLeast: 1)
                try await body(rig)
            } catch {
                run.cancel()
                try await run.value
                throw error
            }
            run.cancel()
            try await waiting(for: "the watcher to stop") { try await run.value }
        }
    }

    @Test(arguments: Writer.allCases)
    private func `every way of writing ends in one ready file`(writer: Writer) async throws {
        try await self.watching { rig in
            try writer.publish(rig.path("orders.csv"), in: rig.spool.incoming)
            if !writer.cameByRename {
                try await rig.catchUp()
                rig.clock.advance(by: .seconds(2))
            }
            let expected = rig.ready(
                "orders.csv", cameByRename: writer.cameByRename, mayStillGrow: !writer.cameByRename)
            #expect(try await rig.next() == expected)
            try await rig.expectNothingMore()
        }
    }

    @Test func `a touched file waits for content, and an empty one for ten minutes`() async throws {
        try await self.watching { rig in
            try Writer.write("", to: rig.path("empty.csv"), O_CREAT)
            try Writer.write("", to: rig.path("later.csv"), O_CREAT)
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(60))
            try await rig.catchUp()
            try Writer.write("1\n", to: rig.path("later.csv"), O_APPEND)
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(2))
            #expect(try await rig.next() == rig.ready("later.csv", cameByRename: false, mayStillGrow: true))
            rig.clock.advance(by: .seconds(540))
            #expect(try await rig.next() == rig.ready("empty.csv", cameByRename: false))
        }
    }

    @Test func `a file that an upload has open is not ready`() async throws {
        try await self.watching { rig in
            let upload = open(rig.path("orders.csv"), O_WRONLY | O_CREAT, 0o644)
            try Writer.check("write", Int32(write(upload, "number\n", 7)))
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(60))
            try await rig.catchUp()
            #expect(await rig.watcher.waitingCount == 1)
            close(upload)
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(2))
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: false, mayStillGrow: true))
        }
    }

    @Test func `files that were there before the start settle too`() async throws {
        try await self.watching(users: [Self.ali]) { rig in
            try rig.spool.directory.write("x", to: "spool/incoming/orders.csv")
            try rig.spool.directory.write("x", to: "spool/incoming/ali/orders.csv")
        } _: { rig in
            rig.clock.advance(by: .seconds(2))
            let arrivals = [try await rig.next(), try await rig.next()]
            #expect(arrivals.contains(rig.ready("orders.csv", cameByRename: false, mayStillGrow: true)))
            #expect(arrivals.contains(rig.ready("orders.csv", for: Self.ali, cameByRename: false, mayStillGrow: true)))
        }
    }

    @Test func `ignored names never arrive, until they are renamed`() async throws {
        try await self.watching { rig in
            for name in [".orders.csv", "orders.csv.part", "orders.csv~", "orders.ok"] {
                try Writer.move.publish(rig.path(name), in: rig.spool.incoming)
            }
            try await rig.expectNothingMore()
            try moveFile(from: rig.path("orders.csv.part"), to: rig.path("orders.csv"))
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: true))
        }
    }

    @Test func `links and special files are refused, and a second name when it stays`() async throws {
        try await self.watching { rig in
            let outside = try rig.spool.directory.write("secret", to: "outside")
            try Writer.check("symlink", symlink(outside, rig.path("link.csv")))
            try Writer.check("mkfifo", mkfifo(rig.path("fifo.csv"), 0o666))
            var refused: Set<DropFileName> = []
            for _ in 0..<2 {
                guard case .refused(let file) = try await rig.next() else { break }
                #expect(file.refusal.code == .unreadable)
                refused.insert(file.name)
            }
            #expect(refused == [DropFileName("link.csv"), DropFileName("fifo.csv")])
            try Writer.check("link", link(outside, rig.path("hard.csv")))
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(2))
            guard case .refused(let file) = try await rig.next() else {
                Issue.record("the hard link was not refused")
                return
            }
            #expect(file.name == DropFileName("hard.csv"))
            try await rig.expectNothingMore()
        }
    }

    @Test func `a file is handed out again only when another takes its name`() async throws {
        try await self.watching { rig in
            try rig.spool.drop("1", as: "orders.csv")
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: true))
            try Writer.write("2", to: rig.path("orders.csv"), 0)
            try await rig.expectNothingMore()
            try rig.spool.drop("3", as: "orders.csv")
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: true))
        }
    }

    @Test func `a file whose taking failed comes again after forget`() async throws {
        try await self.watching { rig in
            try rig.spool.drop("1", as: "orders.csv")
            guard case .ready(let file) = try await rig.next() else { return }
            await rig.watcher.forget(file)
            await rig.watcher.sweep()
            try await eventually("the file to settle again") { await rig.watcher.waitingCount == 1 }
            rig.clock.advance(by: .seconds(2))
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: false, mayStillGrow: true))
        }
    }

    @Test func `a cut-off file that is put back comes again when it grew`() async throws {
        try await self.watching { rig in
            let taking = DropFileTaking(layout: rig.layout, timeZone: .gmt)
            try Writer.write("number,mess", to: rig.path("orders.csv"), O_CREAT)
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(2))
            guard case .ready(let ready) = try await rig.next() else { return }
            let taken = try taking.take(ready, batch: BatchID(rawValue: 1))
            guard case .readable(_, let identity) = taken.content else { return }
            await rig.watcher.waitForMore(taken, identity)
            try taking.putBack(taken)
            try await rig.catchUp()
            #expect(await rig.watcher.waitingCount == 1)
            try Writer.write("age\n", to: rig.path("orders.csv"), O_APPEND)
            try await rig.catchUp()
            rig.clock.advance(by: .seconds(2))
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: false, mayStillGrow: true))
        }
    }

    @Test func `what inotify never sees is found by the next listing`() async throws {
        try await self.watching { rig in
            // A name that is there and was never mentioned: forgotten, as if the event had been lost.
            try rig.spool.drop("1", as: "orders.csv")
            guard case .ready(let file) = try await rig.next() else { return }
            await rig.watcher.forget(file)
            rig.clock.advance(by: .seconds(30))
            try await eventually("the file to be found") { await rig.watcher.waitingCount == 1 }
            rig.clock.advance(by: .seconds(2))
            #expect(try await rig.next() == rig.ready("orders.csv", cameByRename: false, mayStillGrow: true))
        }
    }

    @Test func `a drop directory that goes is reported, and watched again when it is back`() async throws {
        try await self.watching(users: [Self.ali]) { rig in
            let away = rig.spool.directory.path("away")
            try moveFile(from: rig.layout.incoming(of: Self.ali), to: away)
            guard case .directoryLost(let lost) = try await rig.next("the loss") else {
                Issue.record("the loss was not reported")
                return
            }
            #expect(lost.user == Self.ali)
            #expect(await rig.watcher.lost == [lost])
            try FileManager.default.createDirectory(
                atPath: rig.layout.incoming(of: Self.ali), withIntermediateDirectories: false)
            #expect(try await rig.next("the return") == .directoryBack(Self.ali))
            try rig.spool.drop("1", as: "orders.csv", for: Self.ali)
            #expect(try await rig.next() == rig.ready("orders.csv", for: Self.ali, cameByRename: true))
            #expect(await rig.watcher.lost.isEmpty)
        }
    }

    @Test func `a deleted and remade directory is watched again`() async throws {
        try await self.watching(users: [Self.ali]) { rig in
            for round in 1...3 {
                try Writer.check("rmdir", rmdir(rig.layout.incoming(of: Self.ali)))
                try await eventually("the loss") { await !rig.watcher.lost.isEmpty }
                try Writer.check("mkdir", mkdir(rig.layout.incoming(of: Self.ali), 0o755))
                try await eventually("the return") { await rig.watcher.lost.isEmpty }
                // Only the latest of this news is kept for a slow reader.
                #expect(try await rig.next() == .directoryBack(Self.ali))
                try rig.spool.drop("1", as: "\(round).csv", for: Self.ali)
                #expect(try await rig.next() == rig.ready("\(round).csv", for: Self.ali, cameByRename: true))
                try FileManager.default.removeItem(atPath: rig.layout.incoming(of: Self.ali) + "/\(round).csv")
            }
        }
    }

    @Test func `a new user's directory is watched, a removed one's is not`() async throws {
        try await self.watching { rig in
            try rig.spool.directory.makeDirectory("spool/incoming/ali")
            try rig.spool.drop("1", as: "early.csv", for: Self.ali)
            try await rig.catchUp()
            await rig.watcher.setUsers([Self.ali])
            try await eventually("the user's file to be found") { await rig.watcher.waitingCount == 1 }
            try rig.spool.drop("1", as: "orders.csv", for: Self.ali)
            #expect(try await rig.next() == rig.ready("orders.csv", for: Self.ali, cameByRename: true))
            await rig.watcher.setUsers([])
            try rig.spool.drop("1", as: "late.csv", for: Self.ali)
            try await rig.expectNothingMore()
        }
    }

    @Test func `twenty thousand files at once all arrive, each once`() async throws {
        let count = 20_000
        try await self.watching { rig in
            let outside = try rig.spool.directory.makeDirectory("outside")
            for number in 0..<count { close(open(outside + "/\(number)", O_WRONLY | O_CREAT, 0o644)) }
            for number in 0..<count { try moveFile(from: outside + "/\(number)", to: rig.path("\(number).csv")) }
            let mover = Task {
                // Where events were lost, the listing finds the rest, and they settle.
                while !Task.isCancelled {
                    rig.clock.advance(by: .seconds(1))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { mover.cancel() }
            let seen = try await waiting(for: "\(count) files") {
                var seen: Set<DropFileName> = []
                var arrivals = rig.watcher.arrivals.makeAsyncIterator()
                for _ in 0..<count {
                    guard case .ready(let file) = await arrivals.next() else { break }
                    seen.insert(file.name)
                }
                return seen
            }
            #expect(seen.count == count)
        }
    }

    @Test func `files whose events were lost in a storm arrive all the same`() async throws {
        // No listing but the one that lost events ask for.
        let configuration = DropWatcher.Configuration(rescan: .seconds(1_000_000))
        try await self.watching(configuration: configuration) { rig in
            let stop = Date().addingTimeInterval(0.2)
            for number in 0..<8 {
                let paths = ["a", "b"].map { rig.path(".\($0)\(number)") }
                for path in paths { try Writer.write("", to: path, O_CREAT) }
                // Two names in turn: the kernel merges only what repeats itself.
                Thread { while Date() < stop { for path in paths { chmod(path, 0o600) } } }.start()
            }
            var missing: Set<DropFileName> = []
            while Date() < stop {
                for _ in 0..<50 {
                    try rig.spool.drop("x", as: "\(missing.count).csv")
                    missing.insert(DropFileName("\(missing.count).csv"))
                }
            }
            let mover = Task {
                while !Task.isCancelled {
                    rig.clock.advance(by: .seconds(1))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { mover.cancel() }
            while !missing.isEmpty {
                guard case .ready(let file) = try await rig.next("\(missing.count) more files") else { break }
                missing.remove(file.name)
            }
        }
    }

    @Test func `a second watcher in the same process is refused, and works when the first is gone`() async throws {
        try await self.watching { rig in
            let second = DropWatcher(layout: rig.layout, clock: rig.clock)
            await #expect(throws: IntakeError.alreadyWatching) { try await second.run() }
        }
        try await self.watching { rig in try await rig.catchUp() }
    }

    @Test func `no child process inherits the inotify descriptor`() async throws {
        try await self.watching { _ in
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                guard let descriptor = Int32(name),
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name),
                    target.hasPrefix("anon_inode:inotify") || target.hasPrefix("anon_inode:[eventfd")
                else { continue }
                #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0, "\(target)")
            }
        }
    }
}

struct WriterProbeTests {
    private let directory: TemporaryDirectory
    private let path: SpoolPath

    init() throws {
        self.directory = try TemporaryDirectory()
        try self.directory.write("number\n", to: "a.csv")
        self.path = SpoolPath(self.directory.path, DropFileName("a.csv"))
    }

    private func seen() throws -> FileObservation {
        try #require(try FileObservation.look(at: self.path))
    }

    @Test(arguments: [O_WRONLY, O_RDWR])
    func `a writer is noticed until it closes the file`(mode: Int32) throws {
        let writer = open(self.path.description, mode)
        #expect(try WriterProbe.test(self.path) == .somebodyWrites(try self.seen()))
        close(writer)
        #expect(try WriterProbe.test(self.path) == .nobodyWrites(try self.seen()))
    }

    @Test func `a writer through a mapping is noticed though it closed the file`() throws {
        let writer = open(self.path.description, O_RDWR)
        let mapping = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0)
        close(writer)
        #expect(try WriterProbe.test(self.path) == .somebodyWrites(try self.seen()))
        munmap(mapping, 4096)
        #expect(try WriterProbe.test(self.path) == .nobodyWrites(try self.seen()))
    }

    @Test func `readers do not matter`() throws {
        let reader = open(self.path.description, O_RDONLY)
        defer { close(reader) }
        #expect(try WriterProbe.test(self.path) == .nobodyWrites(try self.seen()))
    }

    @Test func `a writer who comes during the lease neither fails for long nor ends this process`() throws {
        // Whatever of the two wins, both go on: the kernel would send SIGIO, which ends a process, without the choice
        // of another signal.
        let stop = Date().addingTimeInterval(0.2)
        let path = self.path
        let writer = Thread {
            while Date() < stop { close(open(path.description, O_WRONLY)) }
        }
        writer.start()
        var answers = 0
        while Date() < stop {
            if case .nobodyWrites = try WriterProbe.test(self.path) { answers += 1 }
        }
        #expect(answers > 0)
    }

    @Test func `what is not there, or is a link, has vanished`() throws {
        #expect(try WriterProbe.test(SpoolPath(self.directory.path, DropFileName("b.csv"))) == .vanished)
        #expect(symlink("a.csv", self.directory.path("link.csv")) == 0)
        #expect(try WriterProbe.test(SpoolPath(self.directory.path, DropFileName("link.csv"))) == .vanished)
        #expect(mkfifo(self.directory.path("fifo.csv"), 0o600) == 0)
        #expect(try WriterProbe.test(SpoolPath(self.directory.path, DropFileName("fifo.csv"))) == .vanished)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a file without the right to read is unreadable`() throws {
        #expect(chmod(self.path.description, 0) == 0)
        #expect(try WriterProbe.test(self.path) == .unreadable)
    }
}
