import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct LocalMediaTests {
    let directory: TemporaryDirectory
    let media: LocalMedia

    init() throws {
        self.directory = try TemporaryDirectory()
        try self.directory.makeDirectory("media/alice/deep")
        try self.directory.write("secret", to: "outside")
        try self.directory.write("hello", to: "media/hello.txt")
        try self.directory.write("deep", to: "media/alice/deep/file")
        self.media = LocalMedia(root: self.directory.path("media"), reserved: ["alice"])
    }

    private var alice: LocalMedia { LocalMedia(root: self.directory.path("media/alice")) }

    /// What opening and copying both fail with.
    private func failure(_ path: String, in media: LocalMedia? = nil) throws -> MediaError {
        let media = media ?? self.media
        let error = #expect(throws: MediaError.self) { try media.open(path) }
        let copied = #expect(throws: MediaError.self) { try media.copy(path, into: self.directory.path("copy")) }
        #expect(copied == error)
        #expect(!self.directory.exists("copy"))
        return try #require(error)
    }

    @Test(arguments: ["hello.txt", "./hello.txt", ".//./hello.txt"])
    func `a file is copied with its hash`(path: String) throws {
        let copy = try self.media.copy(path, into: self.directory.path("copy"))
        #expect(copy.hash.description == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(copy.size == 5)
        #expect(try self.directory.text("copy") == "hello")
        #expect(
            try FileManager.default.attributesOfItem(atPath: self.directory.path("copy"))[.posixPermissions] as? Int
                == 0o600)
    }

    @Test func `the sender may delete or change the file after it was copied`() throws {
        _ = try self.media.copy("hello.txt", into: self.directory.path("copy"))
        let handle = try FileHandle(forWritingTo: self.directory.url.appending(path: "media/hello.txt"))
        try handle.write(contentsOf: Data("HELLO".utf8))
        try handle.close()
        try FileManager.default.removeItem(atPath: self.directory.path("media/hello.txt"))
        #expect(try self.directory.text("copy") == "hello")
    }

    @Test(arguments: [
        "../outside", "alice/../../outside", "x/../hello.txt", "..", "/etc/passwd", "", ".", "/", "hello.txt/..",
        "a\0b",
        "alice/deep/file", "./alice/deep/file", "alice",
    ])
    func `a path that leads out, or to another user, is forbidden`(path: String) throws {
        #expect(try self.failure(path) == .outside(path: path))
        #expect(try self.failure(path).code == .mediaForbidden)
    }

    @Test func `a user has the directories below the user's own`() throws {
        #expect(try self.alice.open("deep/file").size == 4)
        #expect(try self.failure("../hello.txt", in: self.alice).code == .mediaForbidden)
    }

    @Test(arguments: ["link", "linked/hello.txt", "self", "proc/self/environ", "inside"])
    func `no symbolic link is followed, wherever it leads`(path: String) throws {
        for (name, target) in [
            ("link", "../outside"), ("linked", "."), ("self", "self"), ("proc", "/proc"), ("inside", "hello.txt"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: self.directory.path("media/\(name)"), withDestinationPath: target)
        }
        #expect(try self.failure(path) == .symbolicLink(path: path))
        #expect(try self.failure(path).code == .mediaForbidden)
    }

    @Test func `a file with a second name is forbidden`() throws {
        try FileManager.default.linkItem(
            atPath: self.directory.path("outside"), toPath: self.directory.path("media/linked"))
        #expect(try self.failure("linked") == .hardLinked(path: "linked", links: 2))
        #expect(try self.failure("linked").code == .mediaForbidden)
    }

    @Test func `a FIFO, a socket and a directory are forbidden, without waiting for anybody`() throws {
        try #require(mkfifo(self.directory.path("media/fifo"), 0o600) == 0)
        try self.directory.makeDirectory("media/folder")
        try #require(mknod(self.directory.path("media/socket"), S_IFSOCK | 0o600, 0) == 0)
        for name in ["fifo", "folder", "socket"] {
            #expect(try self.failure(name) == .notARegularFile(path: name), "\(name)")
            #expect(try self.failure(name).code == .mediaForbidden)
        }
    }

    @Test func `what is not there is unavailable`() throws {
        for path in ["none", "none/none", "hello.txt/none", String(repeating: "a", count: 300)] {
            #expect(try self.failure(path) == .missing(path: path))
        }
        #expect(try self.failure("none").code == .mediaUnavailable)
        #expect(try self.failure("x", in: LocalMedia(root: self.directory.path("gone"))).code == .mediaUnavailable)
    }

    @Test func `an empty file cannot be sent`() throws {
        try self.directory.write("", to: "media/empty")
        #expect(try self.failure("empty") == .empty)
    }

    @Test func `a file above the limit is refused before it is copied`() throws {
        let target = self.directory.path("copy")
        #expect(throws: MediaError.tooLarge(size: 5, limit: 4, kind: nil)) {
            try self.media.copy("hello.txt", into: target, limit: 4)
        }
        #expect(try self.media.copy("hello.txt", into: target, limit: 5).size == 5)
    }

    @Test func `a file that somebody has open for writing is refused`() throws {
        let handle = try FileHandle(forWritingTo: self.directory.url.appending(path: "media/hello.txt"))
        #expect(throws: MediaError.changing(path: "hello.txt")) {
            try self.media.copy("hello.txt", into: self.directory.path("copy"))
        }
        try handle.close()
        #expect(try self.media.copy("hello.txt", into: self.directory.path("copy")).size == 5)
    }

    enum Change: CaseIterable {
        case grows, shrinks, isOverwritten, isTouched
    }

    @Test(arguments: Change.allCases)
    func `a file that changes while it is read is refused, also where the kernel gives no lease`(change: Change) throws
    {
        let size = 3 << 18
        try self.directory.write([UInt8](repeating: 7, count: size), to: "media/big")
        let path = self.directory.path("media/big")
        let copy = FileCopy(
            source: try self.media.open("big"), target: self.directory.path("copy"), limit: 1 << 30, usesLease: false,
            progress: { Self.make(change, at: path) })
        #expect(throws: MediaError.changing(path: "big")) { try copy.run() }
        #expect(!self.directory.exists("copy"))
    }

    private static func make(_ change: Change, at path: String) {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        switch change {
        case .grows: #expect(pwrite(descriptor, "more", 4, lseek(descriptor, 0, SEEK_END)) == 4)
        case .shrinks: #expect(ftruncate(descriptor, 1 << 18) == 0)
        case .isOverwritten: #expect(pwrite(descriptor, "else", 4, 0) == 4)
        case .isTouched: #expect(futimes(descriptor, nil) == 0)
        }
    }

    @Test func `while a file is copied, a writer has to wait, and the copy is refused`() throws {
        try self.directory.write([UInt8](repeating: 7, count: 3 << 18), to: "media/big")
        let path = self.directory.path("media/big")
        let copy = FileCopy(
            source: try self.media.open("big"), target: self.directory.path("copy"), limit: 1 << 30,
            progress: { #expect(open(path, O_WRONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK) })
        #expect(throws: MediaError.changing(path: "big")) { try copy.run() }
    }
}
