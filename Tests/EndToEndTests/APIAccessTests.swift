import SpoolTestSupport
import Testing

/// Who gets what from the HTTP API of the running daemon.
struct APIAccessTests {
    /// One request and what it is answered with.
    struct Case: Sendable, CustomTestStringConvertible {
        enum Key: Sendable { case none, wrong, right, rightAsBearer }

        var method: String
        var target: String
        var key: Key
        var status: Int
        var code: String?

        /// - Parameter request: A path, with a method before it if that is not GET.
        init(_ request: String, _ key: Key, _ status: Int, _ code: String? = nil) {
            let parts = request.split(separator: " ").map(String.init)
            self.method = parts.count == 2 ? parts[0] : "GET"
            self.target = parts[parts.count - 1]
            self.key = key
            self.status = status
            self.code = code
        }

        var testDescription: String { "\(self.method) \(self.target) with key \(self.key)" }
    }

    private static let cases: [Case] = [
        .init("/api/stats", .none, 401, "UNAUTHORIZED"),
        .init("/api/stats", .wrong, 401, "UNAUTHORIZED"),
        .init("/api/batches/1", .none, 401, "UNAUTHORIZED"),
        .init("/api/stats", .right, 200),
        .init("/api/stats", .rightAsBearer, 200),
        .init("/api/queue", .right, 200),
        .init("/api/history", .right, 200),
        .init("/api/batches", .right, 200),
        .init("/api/batches/1", .right, 200),
        .init("/api/devices", .right, 200),
        .init("/api/history?startDate=2026-13-01", .right, 400, "VALIDATION_ERROR"),
        .init("/api/history?startDate=2026-02-29", .right, 400, "VALIDATION_ERROR"),
        .init("/api/stats?endDate=yesterday", .right, 400, "VALIDATION_ERROR"),
        .init("/api/history?limit=0", .right, 400, "VALIDATION_ERROR"),
        .init("/api/history?limit=1001", .right, 400, "VALIDATION_ERROR"),
        .init("/api/history?color=red", .right, 400, "VALIDATION_ERROR"),
        .init("/api/history?cursor=%00", .right, 400, "VALIDATION_ERROR"),
        .init("/api/messages/abc", .right, 400, "VALIDATION_ERROR"),
        .init("/api/messages/999999", .right, 404, "NOT_FOUND"),
        .init("/api/batches/999999", .right, 404, "NOT_FOUND"),
        .init("/api/nothing", .right, 404, "NOT_FOUND"),
        .init("/control/keys", .right, 404, "NOT_FOUND"),
        .init("POST /api/queue", .none, 405, "METHOD_NOT_ALLOWED"),
        .init("POST /api/queue", .right, 405, "METHOD_NOT_ALLOWED"),
        .init("DELETE /api/batches/1", .right, 405, "METHOD_NOT_ALLOWED"),
        .init("/healthz", .none, 200),
        .init("/readyz", .none, 200),
        .init("HEAD /api/stats", .right, 200),
    ]

    @Test func `each request gets its status, and each refusal the error body of the contract`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let key = try await Self.makeKey(daemon)
        try daemon.drop("number,message\n923001234567,Hello\n", as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        for one in Self.cases {
            let answer = try await daemon.http(
                .init(method: one.method, target: one.target, fields: Self.fields(one.key, key)))
            #expect(answer.status == one.status, "\(one.testDescription)")
            guard one.method != "HEAD" else {
                #expect(answer.body.isEmpty)
                continue
            }
            let json = try answer.json()
            #expect(answer.fields["content-type"]?.hasPrefix("application/json") == true)
            #expect(json["success"] == .bool(one.code == nil), "\(one.testDescription)")
            #expect(json["code"]?.text == one.code, "\(one.testDescription)")
            #expect((json["error"]?.text?.isEmpty == false) == (one.code != nil))
            if one.status == 405 { #expect(answer.fields["allow"] == "GET, HEAD") }
            if one.status == 200 { #expect(json["dryRun"] == true) }
        }
    }

    @Test func `a revoked key is refused at once`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let made = try await daemon.control("/control/keys", posting: "{\"name\": \"short-lived\"}").json()
        let key = try #require(made["key"]?.text)
        let request = HTTPExchange(target: "/api/stats", fields: Self.fields(.right, key))
        #expect(try await daemon.http(request).status == 200)
        let id = try #require(made["id"]?.int)
        #expect(try await daemon.control("/control/keys/\(id)/revoke", posting: "{}").status == 200)
        #expect(try await daemon.http(request).status == 401)
        let state = try StoredQueue(readingIn: daemon.state)
        #expect(try state.number("SELECT count(*) FROM apiKey WHERE instr(hex(digest), hex('\(key)')) > 0") == 0)
    }

    @Test func `the pages of a list hold every message once`() async throws {
        let daemon = try TestDaemon()
        try await daemon.start()
        let key = try await Self.makeKey(daemon)
        let rows = (1...25).map { "9230012345\(10 + $0),Hello\n" }.joined()
        try daemon.drop("number,message\n" + rows, as: "orders.csv")
        #expect(try await daemon.marker(of: "orders.csv") == "ok")
        var cursor = ""
        var numbers: [String] = []
        var pages = 0
        repeat {
            let target = "/api/history?status=sent&limit=10" + (cursor.isEmpty ? "" : "&cursor=" + cursor)
            let page = try await daemon.http(.init(target: target, fields: Self.fields(.right, key))).json()
            numbers += page["messages"]?.elements.compactMap { $0["number"]?.text } ?? []
            cursor = page["nextCursor"]?.text ?? ""
            pages += 1
        } while !cursor.isEmpty && pages < 10
        #expect(pages == 3 && numbers.count == 25 && Set(numbers).count == 25)
    }

    private static func makeKey(_ daemon: TestDaemon) async throws -> String {
        let answer = try await daemon.control("/control/keys", posting: "{\"name\": \"test\"}").json()
        return try #require(answer["key"]?.text)
    }

    private static func fields(_ key: Case.Key, _ text: String) -> [String: String] {
        switch key {
        case .none: [:]
        case .wrong: ["X-API-Key": String(text.dropLast()) + (text.hasSuffix("A") ? "B" : "A")]
        case .right: ["X-API-Key": text]
        case .rightAsBearer: ["Authorization": "Bearer " + text]
        }
    }
}
