import Foundation
import Glibc
import NIOHTTP1
import SpoolCore
import SpoolQueue
import Testing

struct ControlServerTests {
    @Test func `the API is served as to an administrator, without a key`() async throws {
        let fixture = try ControlFixture(isDryRun: true)
        try await fixture.importBatch(7, rows: 2)
        try await fixture.serve { client in
            let batch = try await client.get("/api/batches/7")
            #expect(batch.status == 200)
            #expect(batch.text.contains(#""batchId":7"#) && batch.text.hasSuffix(#","dryRun":true}"#))
            #expect(try await client.get("/api/queue").text.contains(#""queueId":2"#))
            #expect(try await client.get("/healthz").status == 200)
            let refused = try await client.post("/api/queue", "{}")
            #expect(refused.status == 405)
            #expect(refused.allow == "GET, HEAD")
        }
    }

    @Test func `status is what the daemon says`() async throws {
        try await ControlFixture().serve { client in
            #expect(try await client.get("/control/status").text == #"{"success":true,"intake":"running"}"#)
            let head = try await client.get("/control/status", method: .HEAD)
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
        }
    }

    @Test func `paths and methods that do not fit get the API's envelopes`() async throws {
        try await ControlFixture().serve { client in
            for path in ["/control", "/control/", "/control/nothing", "/control/keys/1", "/control/keys/1/revoke/2"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404)
                #expect(answer.text == #"{"success":false,"error":"There is nothing at this path","code":"NOT_FOUND"}"#)
            }
            #expect(try await client.get("/controlx").status == 404)
            for (path, allow) in [
                ("/control/status", "GET, HEAD"), ("/control/cancel", "POST"), ("/control/keys", "GET, HEAD, POST"),
                ("/control/keys/1/revoke", "POST"), ("/control/submission", "GET, HEAD"), ("/control/devices", "POST"),
            ] {
                let answer = try await client.get(path, method: .DELETE)
                #expect(answer.status == 405)
                #expect(answer.allow == allow)
                #expect(answer.text.contains(#""code":"METHOD_NOT_ALLOWED""#))
            }
            #expect(try await client.get("/control/cancel").status == 405)
            #expect(try await client.get("/control/status?a=b").status == 400)
        }
    }

    @Test func `one message, a batch or everything can be cancelled`() async throws {
        let fixture = try ControlFixture()
        try await fixture.importBatch(1, rows: 3)
        try await fixture.importBatch(2, rows: 2)
        let taken = try await fixture.claim().map(\.id)
        #expect(taken == [QueueID(rawValue: 1)])
        try await fixture.serve { client in
            let one = try await client.post("/control/cancel", #"{"queueId": 2}"#)
            #expect(one.status == 200)
            #expect(one.text == #"{"success":true,"cancelled":1,"tooLate":[]}"#)
            let again = try await client.post("/control/cancel", #"{"queueId": 2}"#)
            #expect(again.text == #"{"success":true,"cancelled":0,"tooLate":[2]}"#)
            let batch = try await client.post("/control/cancel", #"{"batchId": 1}"#)
            #expect(batch.text == #"{"success":true,"cancelled":1,"tooLate":[1,2]}"#)
            let all = try await client.post("/control/cancel", #"{"all": true}"#)
            #expect(all.text == #"{"success":true,"cancelled":2,"tooLate":[]}"#)
        }
        #expect(try await fixture.reader.countInQueue() == 1)
        let line = try #require(fixture.lines.all.first { $0.hasPrefix("messages cancelled") })
        #expect(line.contains("peer.uid=\(getuid())"))
    }

    @Test func `what is not there cannot be cancelled`() async throws {
        try await ControlFixture().serve { client in
            let message = try await client.post("/control/cancel", #"{"queueId": 9}"#)
            #expect(message.status == 404)
            #expect(message.text == #"{"success":false,"error":"There is no message 9","code":"NOT_FOUND"}"#)
            let batch = try await client.post("/control/cancel", #"{"batchId": 9}"#)
            #expect(batch.status == 404)
            #expect(batch.text == #"{"success":false,"error":"There is no batch 9","code":"NOT_FOUND"}"#)
        }
    }

    @Test(arguments: [
        "", "[]", "null", "{", "{}", #"{"all": false}"#, #"{"all": 1}"#, #"{"queueId": "1"}"#, #"{"queueId": 1.5}"#,
        #"{"queueId": 1, "batchId": 1}"#, #"{"batchId": 1, "all": true}"#, #"{"queueId": 99999999999999999999}"#,
        "\u{0}", String(repeating: "[", count: 60_000),
    ])
    func `a cancellation that is not clear cancels nothing`(body: String) async throws {
        let fixture = try ControlFixture()
        try await fixture.importBatch(1, rows: 1)
        try await fixture.serve { client in
            let answer = try await client.post("/control/cancel", body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""code":"VALIDATION_ERROR""#))
        }
        #expect(try await fixture.reader.countInQueue() == 1)
    }

    @Test func `a body of more than 64 KiB is refused`() async throws {
        try await ControlFixture().serve { client in
            let padding = String(repeating: " ", count: 65_536)
            let answer = try await client.post("/control/cancel", #"{"all": true}"# + padding)
            #expect(answer.status == 400)
            #expect(answer.text.contains("longer than 65536 bytes"))
        }
    }

    @Test func `a submitter finds the batch of its file`() async throws {
        let fixture = try ControlFixture()
        try await fixture.importBatch(5, rows: 1, file: DropFileName(bytes: Array("50% ü".utf8) + [0xFF]), inode: .max)
        try await fixture.serve { client in
            let name = "50%2525%20%C3%BC%25FF"
            let found = try await client.get("/control/submission?user=default&file=\(name)&inode=18446744073709551615")
            #expect(found.status == 200)
            #expect(found.text.hasPrefix(#"{"success":true,"batch":{"batchId":5,"file":"50%25 ü%FF","#))
            #expect(found.text.hasSuffix(#","results":"orders~5.csv"}}"#))
            for (user, file, inode) in [("default", name, "1"), ("default", "other", "1"), ("ann", name, "1")] {
                let none = try await client.get("/control/submission?user=\(user)&file=\(file)&inode=\(inode)")
                #expect(none.status == 404)
                #expect(none.text.contains(#""code":"NOT_FOUND""#))
            }
            for query in ["file=a", "inode=1", "file=a&inode=x", "file=a&inode=-1", "file=a&inode=1&user=A%2FB"] {
                #expect(try await client.get("/control/submission?" + query).status == 400)
            }
        }
    }
}
