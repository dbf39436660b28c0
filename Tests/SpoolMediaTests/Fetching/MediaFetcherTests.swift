import Foundation
import SpoolCore
import SpoolMediaTestSupport
import SpoolTestSupport
import Testing

@testable import SpoolMedia

struct MediaFetcherTests {
    static let hello = "HTTP/1.1 200 OK\r\n"

    private static func limits(size: Int64 = 1_000_000, time: Duration = .seconds(60)) -> MediaFetcher.Limits {
        var limits = MediaFetcher.Limits()
        limits.size = size
        limits.time = time
        return limits
    }

    /// Fetches `/file` from a server with one answer.
    private func failure(
        _ reply: TestWebServer.Reply, limits: MediaFetcher.Limits = Self.limits()
    ) async throws -> MediaError {
        let server = try await TestWebServer { _ in reply }
        let fixture = try FetchFixture(limits: limits)
        let error = try await fixture.failure("http://files.example:\(server.port)/file")
        try await server.close()
        return error
    }

    @Test func `a file arrives with its hash, size, type and name`() async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8), type: "Text/CSV; charset=utf-8") }
        let fixture = try FetchFixture()
        let file = try await fixture.fetch("http://files.example:\(server.port)/a/list%201.csv?x")
        #expect(file.size == 5)
        #expect(file.hash.description == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(file.contentType == "text/csv")
        #expect(file.name == "list 1.csv")
        #expect(try fixture.directory.text("fetched") == "hello")
        let request = try #require(server.requests.first)
        #expect(request.path == "/a/list%201.csv?x")
        #expect(request.host == "files.example:\(server.port)")
        #expect(request.head.contains("Accept-Encoding: identity\r\n"))
        try await server.close()
    }

    @Test func `a body may end with its connection, or come in chunks`() async throws {
        for text in [
            Self.hello + "\r\nhello", Self.hello + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        ] {
            let server = try await TestWebServer { _ in .text(text) }
            let fixture = try FetchFixture()
            #expect(try await fixture.fetch("http://files.example:\(server.port)/").size == 5, "\(text)")
            try await server.close()
        }
    }

    @Test func `five redirects are followed, a sixth is not`() async throws {
        let server = try await TestWebServer { request in
            guard let count = Int(request.path.dropFirst()), count > 0 else { return .file(Array("hello".utf8)) }
            return .redirect(to: "\(count - 1)")
        }
        let fixture = try FetchFixture()
        #expect(try await fixture.fetch("http://files.example:\(server.port)/5").size == 5)
        let second = try FetchFixture()
        #expect(try await second.failure("http://files.example:\(server.port)/6") == .tooManyRedirects(limit: 5))
        try await server.close()
    }

    @Test func `the next address is tried when one cannot be reached`() async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8)) }
        let names = ["two.example": [["2606:4700::1", "1.1.1.1"]]]
        let fixture = try FetchFixture(names, unreachable: ["2606:4700::1"])
        #expect(try await fixture.fetch("http://two.example:\(server.port)/").size == 5)
        #expect(fixture.connector.asked == ["2606:4700::1", "1.1.1.1"])
        let nowhere = try FetchFixture(names, unreachable: ["2606:4700::1", "1.1.1.1"])
        let error = try await nowhere.failure("http://two.example:\(server.port)/")
        #expect(error.code == .mediaUnavailable && error.isTemporary)
        try await server.close()
    }

    @Test func `a port without a server is unreachable`() async throws {
        let server = try await TestWebServer { _ in .silence }
        let port = server.port
        try await server.close()
        let error = try await FetchFixture().failure("http://files.example:\(port)/")
        guard case .unreachable = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.isTemporary)
    }

    @Test func `a name without an address is unavailable`() async throws {
        let error = try await FetchFixture().failure("http://nowhere.example/")
        #expect(error == .unresolvable(host: "nowhere.example", isTemporary: false))
        #expect(error.code == .mediaUnavailable)
    }

    @Test func `a body that never ends is cut at the limit`() async throws {
        let error = try await self.failure(.zeros(head: Self.hello + "\r\n", count: nil))
        #expect(error == .tooLarge(size: nil, limit: 1_000_000, kind: nil))
        #expect(error.code == .mediaTooLarge)
    }

    @Test func `a length above the limit is refused before the body`() async throws {
        let head = Self.hello + "Content-Length: 1000001\r\n\r\n"
        #expect(try await self.failure(.text(head)) == .tooLarge(size: 1_000_001, limit: 1_000_000, kind: nil))
    }

    @Test func `a file of exactly the limit is taken`() async throws {
        let server = try await TestWebServer { _ in
            .zeros(head: Self.hello + "Content-Length: 1000000\r\n\r\n", count: 1_000_000)
        }
        let fixture = try FetchFixture(limits: Self.limits())
        #expect(try await fixture.fetch("http://files.example:\(server.port)/").size == 1_000_000)
        try await server.close()
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "Transfer-Encoding: chunked\r\n\r\nff\r\nhello",
    ])
    func `a body that is shorter than its head said is no file`(rest: String) async throws {
        let error = try await self.failure(.text(Self.hello + rest))
        #expect(error == .cutOff(host: "files.example"))
        #expect(error.isTemporary)
    }

    @Test func `a longer body than its length said ends at the length`() async throws {
        let server = try await TestWebServer { _ in .text(Self.hello + "Content-Length: 3\r\n\r\nhello") }
        let fixture = try FetchFixture()
        #expect(try await fixture.fetch("http://files.example:\(server.port)/").size == 3)
        try await server.close()
    }

    @Test(arguments: [
        "Content-Length: -5\r\n\r\nhello", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: x\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    ])
    func `a body whose length makes no sense is unavailable`(rest: String) async throws {
        #expect(try await self.failure(.text(Self.hello + rest)).code == .mediaUnavailable)
    }

    @Test(arguments: ["gzip", "br", "deflate", "gzip, identity"])
    func `a compressed body is refused`(encoding: String) async throws {
        let head = Self.hello + "Content-Encoding: \(encoding)\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try await self.failure(.text(head)) == .encoded(encoding, host: "files.example"))
    }

    @Test(arguments: [
        (204, false), (206, false), (304, false), (400, false), (401, false), (403, false), (404, false), (410, false),
        (408, true), (429, true), (500, true), (503, true),
    ])
    func `only 200 brings a file`(status: Int, isTemporary: Bool) async throws {
        let error = try await self.failure(.text("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"))
        #expect(error == .status(status, host: "files.example"))
        #expect(error.code == .mediaUnavailable)
        #expect(error.isTemporary == isTemporary)
    }

    @Test func `a redirect without a place to go is unavailable`() async throws {
        let error = try await self.failure(.text("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"))
        #expect(error == .badRedirect(host: "files.example"))
    }

    @Test(arguments: ["", "SSH-2.0-x\r\n", "HTTP/1.1 200", "220 mail ESMTP\r\n"])
    func `an answer that is not HTTP is unavailable`(text: String) async throws {
        let error = try await self.failure(.text(text))
        #expect(error.code == .mediaUnavailable)
        #expect(error.isTemporary)
    }

    @Test func `a server that says nothing, or ever more, or byte after byte, has only so much time`() async throws {
        let replies: [TestWebServer.Reply] = [
            .silence, .zeros(head: Self.hello + "\r\n", count: nil), .drip(head: Self.hello + "\r\n"),
            .drip(head: Self.hello + "Content-Length: 1000000\r\n\r\n"), .drip(head: "HTTP/1.1 200 OK\r\nX: "),
        ]
        for reply in replies {
            let clock = TestClock()
            let server = try await TestWebServer { _ in reply }
            let fixture = try FetchFixture(limits: Self.limits(size: .max, time: .seconds(300)), clock: clock)
            let url = "http://files.example:\(server.port)/"
            async let error = fixture.failure(url)
            try await eventually("the request") { !server.requests.isEmpty }
            try await waiting(for: "the deadline") { await clock.sleepers(atLeast: 1) }
            clock.advance(by: .seconds(301))
            #expect(try await error == .timedOut(host: "files.example", seconds: 300))
            try await server.close()
        }
    }

    @Test func `a fetch that is cancelled ends and leaves nothing`() async throws {
        let server = try await TestWebServer { _ in .zeros(head: Self.hello + "\r\n", count: nil) }
        let fixture = try FetchFixture(limits: Self.limits(size: .max))
        let url = "http://files.example:\(server.port)/"
        let task = Task { try await fixture.failure(url) }
        try await eventually("the file") { fixture.directory.exists("fetched") }
        task.cancel()
        #expect(try await task.value == .cancelled)
        try await server.close()
    }

    @Test func `nothing that is there already is written over`() async throws {
        let server = try await TestWebServer { _ in .file(Array("hello".utf8)) }
        let fixture = try FetchFixture()
        try fixture.directory.write("mine", to: "fetched")
        let url = try MediaURL("http://files.example:\(server.port)/")
        await #expect(throws: MediaError.store(call: "open", path: fixture.directory.path("fetched"), code: EEXIST)) {
            try await fixture.fetcher.fetch(url, into: fixture.directory.path("fetched"))
        }
        #expect(try fixture.directory.text("fetched") == "mine")
        try await server.close()
    }
}
