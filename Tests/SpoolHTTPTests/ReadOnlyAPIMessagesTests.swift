import HTTPTypes
import Foundation
import SpoolCore
import SpoolHTTP
import SpoolQueue
import Testing

struct ReadOnlyAPIMessagesTests {
    @Test func `a queued message has the contract's fields, and its estimate`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(7, rows: 1)
        #expect(
            try await fixture.read("/api/queue").text
                == #"{"success":true,"messages":[{"queueId":1,"batchId":7,"line":2,"number":"15550000001","#
                + #""ref":"b7r1","status":"pending","reason":null,"notBefore":null,"priority":"normal","#
                + #""sessionId":null,"messageId":null,"queuedAt":"2026-11-21T10:00:00.000Z","sentAt":null,"#
                + #""deliveredAt":null,"readAt":null,"errorCode":null,"error":null,"#
                + #""estimatedDelivery":"after 0"}],"nextCursor":null}"#)
    }

    @Test func `one message comes with its attempts`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(7, rows: 1)
        let later = APIFixture.now.addingTimeInterval(300)
        let first = try #require(try await fixture.claim(1).first)
        let deferral = Settlement.deferred(until: later, code: "503", reason: "busy")
        try await fixture.queue.settle(
            [SettledAttempt(message: first.id, attempt: 1, settlement: deferral)], now: APIFixture.now)
        try await fixture.settle(1, as: .sent(at: later), at: later)
        #expect(
            try await fixture.read("/api/messages/1").text
                == #"{"success":true,"message":{"queueId":1,"batchId":7,"line":2,"number":"15550000001","ref":"b7r1","#
                + #""status":"sent","reason":null,"notBefore":null,"priority":"normal","sessionId":"dev1","#
                + #""messageId":"\#(first.wireID)","#
                + #""queuedAt":"2026-11-21T10:00:00.000Z","sentAt":"2026-11-21T10:05:00.000Z","deliveredAt":null,"#
                + #""readAt":null,"errorCode":null,"error":null,"attempts":["#
                + #"{"number":1,"sessionId":"dev1","startedAt":"2026-11-21T10:00:00.000Z","#
                + #""endedAt":"2026-11-21T10:00:00.000Z","outcome":"deferred","code":"503","detail":"busy"},"#
                + #"{"number":2,"sessionId":"dev1","startedAt":"2026-11-21T10:05:00.000Z","#
                + #""endedAt":"2026-11-21T10:05:00.000Z","outcome":"sent","code":null,"detail":null}]}}"#)
    }

    @Test func `a message that waits for a device says so, unless the queue knows another reason`() async throws {
        let fixture = try await APIFixture(state: FakeDaemonState(obstacle: "waits for a device: none is linked"))
        try await fixture.importBatch(7, rows: 2)
        let first = try #require(try await fixture.claim(1).first)
        let deferral = Settlement.deferred(until: APIFixture.now, code: "503", reason: "deferred: busy")
        try await fixture.queue.settle(
            [SettledAttempt(message: first.id, attempt: 1, settlement: deferral)], now: APIFixture.now)
        let queue = try await fixture.get("/api/queue", key: fixture.adminKey).json["messages"]?.array ?? []
        #expect(queue.map { $0.object?["reason"]?.text } == ["deferred: busy", "waits for a device: none is linked"])
        let text = try await fixture.read("/api/messages/2").text
        #expect(text.contains(#""reason":"waits for a device: none is linked""#))
        try await fixture.settle(1, as: .sent(at: APIFixture.now))
        let history = try await fixture.get("/api/history", key: fixture.adminKey).json["messages"]?.array ?? []
        #expect(history.map { $0.object?["reason"]?.text } == [nil])
    }

    @Test func `a message that is not there is 404`() async throws {
        let fixture = try await APIFixture()
        let answer = try await fixture.read("/api/messages/99")
        #expect(answer.status == .notFound)
        #expect(answer.text == #"{"success":false,"error":"There is no message 99","code":"NOT_FOUND"}"#)
    }

    @Test func `a user's key sees that user's messages and no others`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, user: APIFixture.ann, rows: 2)
        try await fixture.importBatch(2, user: APIFixture.bob, rows: 3)
        try await fixture.settle(5, as: .sent(at: APIFixture.now))
        try await fixture.importBatch(3, user: APIFixture.ann, rows: 4)
        func count(_ path: String, _ key: String) async throws -> Int? {
            try await fixture.get(path, key: key).json["messages"]?.array?.count
        }
        #expect(try await count("/api/history", fixture.annKey) == 2)
        #expect(try await count("/api/history", fixture.bobKey) == 3)
        #expect(try await count("/api/history", fixture.adminKey) == 5)
        #expect(try await count("/api/queue", fixture.annKey) == 4)
        #expect(try await count("/api/queue", fixture.bobKey) == 0)
        #expect(try await count("/api/history?batch=1", fixture.bobKey) == 0)
        #expect(try await fixture.get("/api/messages/1", key: fixture.annKey).status == .ok)
        let foreign = try await fixture.get("/api/messages/1", key: fixture.bobKey)
        #expect(foreign.status == .notFound)
        #expect(foreign.text == #"{"success":false,"error":"There is no message 1","code":"NOT_FOUND"}"#)
    }

    @Test func `pages of the queue hold every message once, in order`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, rows: 2500)
        let pages = try await fixture.allPages("/api/queue?limit=400", of: "messages", key: fixture.adminKey)
        #expect(pages.map(\.count) == [400, 400, 400, 400, 400, 400, 100])
        let rows = pages.flatMap { $0 }
        #expect(rows.compactMap { $0["queueId"]?.int } == Array(1...2500))
        #expect(rows.compactMap { $0["estimatedDelivery"]?.text } == (0..<2500).map { "after \($0)" })
    }

    @Test func `pages of the history hold every message once though many ended in the same moment`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, rows: 600)
        for second in 0..<5 {
            let moment = APIFixture.now.addingTimeInterval(Double(second))
            try await fixture.settle(120, as: .sent(at: moment), at: moment)
        }
        let pages = try await fixture.allPages("/api/history?limit=250", of: "messages", key: fixture.adminKey)
        #expect(pages.map(\.count) == [250, 250, 100])
        let rows = pages.flatMap { $0 }
        #expect(Set(rows.compactMap { $0["queueId"]?.int }) == Set(1...600))
        let times = rows.compactMap { $0["sentAt"]?.text }
        #expect(times == times.sorted(by: >))
        #expect(rows.first?["estimatedDelivery"] == nil)
    }

    @Test func `what is being sent is not counted as ahead`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, rows: 4)
        try await fixture.claim(2)
        let rows = try await fixture.read("/api/queue").json["messages"]?.array?.compactMap(\.object) ?? []
        #expect(rows.map { $0["status"]?.text } == ["processing", "processing", "pending", "pending"])
        #expect(rows.map { $0["estimatedDelivery"] } == [.null, .null, .string("after 0"), .string("after 1")])
    }

    @Test func `lists are narrowed by status, device, batch, number and ref`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, rows: 4)
        try await fixture.importBatch(2, rows: 3, device: DeviceID(rawValue: "dev2"))
        try await fixture.settle(1, as: .failed(.notOnWhatsApp, error: "No account"), for: "dev1")
        try await fixture.settle(1, as: .sent(at: APIFixture.now), for: "dev1")
        try await fixture.settle(1, as: .sent(at: APIFixture.now), for: "dev2")
        try await fixture.claim(1, for: "dev2")
        func ids(_ path: String) async throws -> [Int] {
            let rows = try await fixture.read(path).json["messages"]?.array?.compactMap(\.object) ?? []
            return rows.compactMap { $0["queueId"]?.int }.sorted()
        }
        #expect(try await ids("/api/queue") == [3, 4, 6, 7])
        #expect(try await ids("/api/queue?status=processing") == [3])
        #expect(try await ids("/api/queue?device=dev2") == [3, 6, 7])
        #expect(try await ids("/api/queue?batch=1&status=pending") == [4])
        #expect(try await ids("/api/history") == [1, 2, 5])
        #expect(try await ids("/api/history?status=failed") == [1])
        #expect(try await ids("/api/history?device=dev2") == [5])
        #expect(try await ids("/api/history?number=15550000002") == [2])
        #expect(try await ids("/api/history?number=+15550000002") == [2])
        #expect(try await ids("/api/history?number=%2B15550000001") == [1, 5])
        #expect(try await ids("/api/history?ref=b2r1") == [5])
        #expect(try await ids("/api/history?device=nobody") == [])
    }

    @Test func `the history's dates are whole days of the configured zone`() async throws {
        let fixture = try await APIFixture(timeZone: "Europe/Berlin")
        try await fixture.importBatch(1, rows: 4)
        // 25 October 2026 lasts 25 hours in Berlin, from 22:00Z the day before to 23:00Z.
        let moments = [1_792_879_199.999, 1_792_879_200, 1_792_969_199.999, 1_792_969_200].map(
            Date.init(timeIntervalSince1970:))
        for moment in moments { try await fixture.settle(1, as: .sent(at: moment), at: moment) }
        func times(_ query: String) async throws -> [String] {
            let rows =
                try await fixture.read("/api/history?" + query).json["messages"]?.array?.compactMap(\.object) ?? []
            return rows.compactMap { $0["sentAt"]?.text }
        }
        let texts = moments.reversed().map(RFC3339.text)
        #expect(texts.first == "2026-10-25T23:00:00.000Z")
        #expect(try await times("startDate=2026-10-25&endDate=2026-10-25") == Array(texts[1...2]))
        #expect(try await times("startDate=2026-10-25") == Array(texts[0...2]))
        #expect(try await times("endDate=2026-10-25") == Array(texts[1...3]))
    }
}
