import Testing
import WhatsAppBinary

@testable import WhatsAppClient

@Suite struct UploadVerdictTests {
    private static func verdict(_ status: Int, _ body: String = "", retryAfter: Duration? = nil) -> UploadVerdict {
        UploadVerdict(
            UploadAnswer(status: status, body: Array(body.utf8), retryAfter: retryAfter), host: "a.example")
    }

    @Test(arguments: [
        (#"{"url":"https://m.example/v/1?oe=5","direct_path":"/v/1?oe=5","handle":"h"}"#, "https://m.example/v/1?oe=5"),
        (#"{"direct_path":"/v/1?oe=5"}"#, "https://a.example/v/1?oe=5"),
        (#"{"url":"https://m.example/v/1?oe=5"}"#, "https://m.example/v/1?oe=5"),
        (#"{"url":"https://m.example/v/1?oe=5","direct_path":null}"#, "https://m.example/v/1?oe=5"),
        (#"{"url":"","direct_path":"/v/1?oe=5"}"#, "https://a.example/v/1?oe=5"),
    ])
    func `200 with an address is a success, and one address gives the other`(body: String, url: String) {
        #expect(Self.verdict(200, body) == .taken(url: url, directPath: "/v/1?oe=5"))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"url":5}"#, #"{"direct_path":"v/1"}"#, #"{"url":"https://m.exa"#,
        #"{"url":"mailto:a"}"#, #"{"direct_path":"/\#(String(repeating: "a", count: 4096))"}"#,
    ])
    func `200 without an address is a failure of this host`(body: String) {
        #expect(
            Self.verdict(200, body) == .failed(reason: "a.example has answered without an address", retryAfter: nil))
    }

    @Test func `statuses are sorted into pass, file and server`() {
        for status in [401, 403] { #expect(Self.verdict(status) == .unauthorized(status: status)) }
        for status in [400, 413, 415] { #expect(Self.verdict(status) == .refused(status: status)) }
        for status in [201, 204, 301, 302, 307, 308, 404, 408, 429, 500, 502, 503, 507, 999] {
            #expect(
                Self.verdict(status, retryAfter: .seconds(7))
                    == .failed(reason: "a.example has answered \(status)", retryAfter: .seconds(7)))
        }
    }

    @Test(arguments: [UploadError.network("connection refused"), .timedOut, .cancelled])
    func `no answer is a failure of this host`(error: UploadError) {
        guard case .failed(let reason, nil) = UploadVerdict(error, host: "a.example") else {
            Issue.record("\(UploadVerdict(error, host: "a.example"))")
            return
        }
        #expect(!reason.isEmpty)
    }
}

@Suite struct UploadCourseTests {
    private static func connection(_ auth: String, _ hosts: [(String, String?)]) throws -> MediaConnection {
        let nodes = hosts.map { name, limit in
            var node = Node("host", ["hostname": .string(name)])
            node.attributes["maxContentLengthBytes"] = limit.map { .string($0) }
            return node
        }
        return try MediaConnection(
            answer: Node("iq", children: [Node("media_conn", ["auth": .string(auth)], children: nodes)]), now: .zero)
    }

    private static func post(_ connection: MediaConnection, _ index: Int) -> UploadCourse.Step {
        .post(connection.hosts[index], connection)
    }

    private static func failed(_ reason: String, _ seconds: Int? = nil) -> UploadVerdict {
        .failed(reason: reason, retryAfter: seconds.map { .seconds($0) })
    }

    @Test func `the first host that takes it ends the course`() throws {
        let connection = try Self.connection("p", [("a", nil), ("b", nil)])
        var course = UploadCourse(100, connection)
        #expect(course.start() == Self.post(connection, 0))
        #expect(course.heard(Self.failed("no")) == Self.post(connection, 1))
        #expect(course.heard(.taken(url: "u", directPath: "/d")) == .done(url: "u", directPath: "/d"))
    }

    @Test func `three rounds with growing pauses, then it is for later`() throws {
        let connection = try Self.connection("p", [("a", nil), ("b", nil)])
        var course = UploadCourse(100, connection)
        #expect(course.start() == Self.post(connection, 0))
        for pause in [1, 3] {
            #expect(course.heard(Self.failed("x")) == Self.post(connection, 1))
            #expect(course.heard(Self.failed("y")) == .wait(.seconds(pause)))
            #expect(course.waited() == Self.post(connection, 0))
        }
        #expect(course.heard(Self.failed("x")) == Self.post(connection, 1))
        #expect(course.heard(Self.failed("last")) == .fail(.notTaken(reason: "last", retryAfter: nil)))
    }

    @Test func `the longest wait that a server of the round asks for is kept, unless it is too long`() throws {
        let connection = try Self.connection("p", [("a", nil), ("b", nil)])
        var course = UploadCourse(100, connection)
        _ = course.start()
        _ = course.heard(Self.failed("x", 9))
        #expect(course.heard(Self.failed("y", 5)) == .wait(.seconds(9)))
        _ = course.waited()
        _ = course.heard(Self.failed("x", 11))
        #expect(
            course.heard(Self.failed("y", 5)) == .fail(.notTaken(reason: "y", retryAfter: .seconds(11))),
            "the pause of the first round is forgotten, this one is for the next attempt of the message")
    }

    @Test(arguments: [400, 413, 415])
    func `a file that is refused is refused at once`(status: Int) throws {
        var course = UploadCourse(100, try Self.connection("p", [("a", nil), ("b", nil)]))
        _ = course.start()
        #expect(course.heard(.refused(status: status)) == .fail(.refused(status: status)))
    }

    @Test func `a pass that is not accepted is renewed once, and the hosts are tried anew`() throws {
        let (old, new) = (
            try Self.connection("p", [("a", nil), ("b", nil)]), try Self.connection("q", [("c", nil), ("d", nil)])
        )
        var course = UploadCourse(100, old)
        _ = course.start()
        _ = course.heard(Self.failed("x"))
        #expect(course.heard(.unauthorized(status: 401)) == .refresh(old))
        #expect(course.refreshed(new) == Self.post(new, 0))
        #expect(course.heard(.unauthorized(status: 403)) == Self.post(new, 1), "now it is a failure like any other")
        #expect(course.heard(.unauthorized(status: 401)) == .wait(.seconds(1)))
        for _ in 0..<2 {
            _ = course.waited()
            _ = course.heard(.unauthorized(status: 401))
            if course.heard(.unauthorized(status: 401))
                == .fail(.notTaken(reason: "d has answered 401", retryAfter: nil))
            {
                return
            }
        }
        Issue.record("it never ended")
    }

    @Test func `a file that no host takes is not sent to any`() throws {
        let connection = try Self.connection("p", [("a", "100"), ("b", "200")])
        var course = UploadCourse(150, connection)
        #expect(course.start() == Self.post(connection, 1))
        var tooLarge = UploadCourse(201, connection)
        #expect(tooLarge.start() == .fail(.tooLarge(bytes: 201)))
        let new = try Self.connection("q", [("a", "100")])
        _ = course.heard(.unauthorized(status: 401))
        #expect(course.refreshed(new) == .fail(.tooLarge(bytes: 150)))
    }
}
