import Foundation
import Glibc
import NIOCore
import NIOPosix
@testable import SpoolControl
import SpoolTestSupport
import Testing

struct ControlSocketTests {
    /// A socket that is listened on, but nobody accepts what comes.
    private func listener(at path: String) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 0).serverChannelOption(.autoRead, value: false)
            .bind(unixDomainSocketPath: path).get()
    }

    /// Leaves a socket file that nobody listens on, as a killed daemon does.
    private func leaveSocket(at path: String) async throws {
        try await self.listener(at: path).close()
    }

    @Test func `the socket has mode 0660 while it is served and is gone afterwards`() async throws {
        let fixture = try ControlFixture()
        let path = fixture.socketPath
        try await fixture.serve { _ in
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.type] as? FileAttributeType == .typeSocket)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660)
        }
        #expect(!fixture.directory.exists("control.sock"))
    }

    @Test func `a socket that a dead daemon left is replaced`() async throws {
        let fixture = try ControlFixture()
        try await self.leaveSocket(at: fixture.socketPath)
        try await fixture.serve { client in
            let answer = try await client.get("/healthz")
            #expect(answer.status == 200)
        }
    }

    @Test func `a socket that is answered on is left alone`() async throws {
        let fixture = try ControlFixture()
        let path = fixture.socketPath
        try await fixture.serve { client in
            await #expect(throws: ControlSocketError.inUse(path: path)) { try await fixture.server().run() }
            let answer = try await client.get("/healthz")
            #expect(answer.status == 200)
        }
    }

    @Test func `a socket whose owner is too busy to answer is left alone`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("s")
        let owner = try await self.listener(at: path)
        let socket = ControlSocket(path: path)
        // The first fills the queue of connections that nobody accepts, the next finds it full.
        for _ in 0..<3 {
            await #expect(throws: ControlSocketError.inUse(path: path)) { try await socket.clear() }
        }
        #expect(directory.exists("s"))
        try await owner.close()
    }

    @Test func `anything but a socket is left alone`() async throws {
        let fixture = try ControlFixture()
        let path = try fixture.directory.write("mine", to: "control.sock")
        await #expect(throws: ControlSocketError.notASocket(path: path)) { try await fixture.server().run() }
        #expect(try fixture.directory.text("control.sock") == "mine")
        let link = fixture.directory.path("link")
        #expect(symlink(path, link) == 0)
        await #expect(throws: ControlSocketError.notASocket(path: link)) { try await ControlSocket(path: link).clear() }
    }

    @Test func `a path that is too long is refused with its length`() async throws {
        let fixture = try ControlFixture()
        let path = "/" + String(repeating: "s", count: 103)
        let error = ControlSocketError.pathTooLong(path: path, bytes: 104)
        await #expect(throws: error) { try await fixture.server(at: path).run() }
        #expect(error.description.contains("103 bytes, this has 104"))
    }

    @Test func `the longest path works`() async throws {
        let directory = try TemporaryDirectory()
        let name = String(repeating: "s", count: 103 - directory.path("").utf8.count)
        let path = directory.path(name)
        #expect(path.utf8.count == 103)
        try await self.leaveSocket(at: path)
        try await ControlSocket(path: path).clear()
        #expect(!directory.exists(name))
    }

    @Test func `a directory that is not there is said`() async throws {
        let fixture = try ControlFixture()
        let path = fixture.directory.path("nowhere/control.sock")
        let error = ControlSocketError.system(path: path, reason: "No such file or directory")
        await #expect(throws: error) { try await fixture.server(at: path).run() }
    }
}
