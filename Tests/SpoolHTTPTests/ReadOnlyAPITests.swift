import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import SpoolCore
import SpoolHTTP
import Testing

struct ReadOnlyAPITests {
    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete, .options, .trace])
    func `a method that writes is refused before anything else is looked at`(method: HTTPRequest.Method) async throws {
        let fixture = try await APIFixture()
        for path in ["/api/queue", "/api/queue?limit=x", "/nothing", "/healthz"] {
            let answer = try await fixture.send(method, path)
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "GET, HEAD")
            #expect(
                answer.text
                    == #"{"success":false,"error":"Method not allowed; use GET, HEAD","code":"METHOD_NOT_ALLOWED"}"#)
        }
    }

    @Test func `an unknown path is 404, with or without a key`() async throws {
        let fixture = try await APIFixture()
        for key in [fixture.adminKey, nil] {
            let answer = try await fixture.get("/api/settings", key: key)
            #expect(answer.status == .notFound)
            #expect(answer.text == #"{"success":false,"error":"There is nothing at this path","code":"NOT_FOUND"}"#)
        }
    }

    @Test func `parameters are looked at only with a key`() async throws {
        let fixture = try await APIFixture()
        #expect(try await fixture.get("/api/stats?startDate=x").status == .unauthorized)
        #expect(try await fixture.read("/api/stats?startDate=x").status == .badRequest)
    }

    @Test(arguments: [
        ("/api/queue?limit=0", "limit"), ("/api/queue?cursor=x", "cursor"), ("/api/queue?status=sent", "status"),
        ("/api/queue?batch=x", "batch"), ("/api/queue?number=15550000001", "number"),
        ("/api/history?status=pending", "status"),
        ("/api/history?startDate=2026-02-30", "startDate"), ("/api/history?endDate=tomorrow", "endDate"),
        ("/api/history?startDate=2026-02-02&endDate=2026-02-01", "startDate"), ("/api/history?number=12", "number"),
        ("/api/history?number=1555000000a", "number"), ("/api/history?format=csv", "format"),
        ("/api/messages/0", "queueId"), ("/api/messages/x", "queueId"), ("/api/messages/1?a=b", "a"),
        ("/api/batches/-1", "batchId"), ("/api/batches?limit=1001", "limit"), ("/api/devices?limit=1", "limit"),
        ("/api/stats?startDate=2026-02-29", "startDate"), ("/api/stats?endDate=20260201", "endDate"),
        ("/api/stats?startDate=2026-11-22", "startDate"),
        ("/api/stats?startDate=2024-11-21&endDate=2025-11-22", "startDate"),
        ("/healthz?a=b", "a"),
    ])
    func `a bad parameter is 400 and named`(path: String, field: String) async throws {
        let fixture = try await APIFixture()
        let answer = try await fixture.read(path)
        let body = try answer.json
        #expect(answer.status == .badRequest)
        #expect(body["success"] == .bool(false))
        #expect(body["code"]?.text == "VALIDATION_ERROR")
        #expect(body["field"]?.text == field)
        #expect(body["error"]?.text?.isEmpty == false)
    }

    @Test func `a fault of ours is 500 and tells nothing of it`() async throws {
        let fixture = try await APIFixture(state: FakeDaemonState(allDevices: nil))
        for path in ["/api/devices", "/api/stats"] {
            let answer = try await fixture.read(path)
            #expect(answer.status == .internalServerError)
            #expect(
                answer.text
                    == #"{"success":false,"error":"Internal error; the daemon's log says more","code":"INTERNAL"}"#)
        }
    }

    @Test func `every answer is JSON that nobody stores or guesses at`() async throws {
        let fixture = try await APIFixture()
        for path in ["/api/queue", "/healthz", "/nothing"] {
            let headers = try await fixture.read(path).headers
            #expect(headers[.contentType] == "application/json; charset=utf-8")
            #expect(headers[.cacheControl] == "no-store")
            #expect(headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test func `success says when nothing leaves this machine`() async throws {
        let fixture = try await APIFixture(state: FakeDaemonState(isDryRun: true))
        try await fixture.importBatch(1, rows: 1)
        for path in [
            "/api/queue", "/api/history", "/api/messages/1", "/api/batches", "/api/batches/1", "/api/stats",
            "/api/devices",
            "/healthz", "/readyz",
        ] {
            #expect(try await fixture.read(path).json["dryRun"] == .bool(true))
        }
        let real = try await APIFixture()
        #expect(try await real.read("/api/queue").json["dryRun"] == nil)
    }

    @Test func `HEAD over the wire has the headers of GET and no body`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, rows: 3)
        let application = fixture.api.application(listen: "127.0.0.1", port: 0, logger: APIFixture.silent)
        let key: HTTPFields = [.authorization: "Bearer \(fixture.adminKey)"]
        try await application.test(.live) { client in
            for path in ["/api/queue", "/api/messages/99", "/nothing"] {
                let get = try await client.executeRequest(uri: path, method: .get, headers: key, body: nil)
                let head = try await client.executeRequest(uri: path, method: .head, headers: key, body: nil)
                #expect(head.status == get.status)
                #expect(head.body.readableBytes == 0)
                #expect(get.headers[.contentLength] == String(get.body.readableBytes))
                #expect(head.headers[.contentLength] == get.headers[.contentLength])
                #expect(head.headers[.contentType] == get.headers[.contentType])
                #expect(get.headers[.server] == "spoold")
            }
        }
    }

    @Test func `a request that has a body gets its answer and the connection goes on`() async throws {
        let fixture = try await APIFixture()
        let application = fixture.api.application(listen: "127.0.0.1", port: 0, logger: APIFixture.silent)
        try await application.test(.live) { client in
            let body = ByteBuffer(repeating: 0x20, count: 100_000)
            let post = try await client.executeRequest(uri: "/api/queue", method: .post, headers: [:], body: body)
            #expect(post.status == .methodNotAllowed)
            let get = try await client.executeRequest(uri: "/healthz", method: .get, headers: [:], body: nil)
            #expect(get.status == .ok)
        }
    }
}
