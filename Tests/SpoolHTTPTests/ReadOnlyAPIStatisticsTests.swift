import SpoolQueue
import Foundation
import SpoolCore
import SpoolHTTP
import Testing

struct ReadOnlyAPIStatisticsTests {
    @Test func `the numbers are by day and by device`() async throws {
        let state = FakeDaemonState(allDevices: [.named("dev1"), .named("dev2", isConnected: false)])
        let fixture = try await APIFixture(state: state)
        let before = APIFixture.now.addingTimeInterval(-5 * 86_400)
        let yesterday = APIFixture.now.addingTimeInterval(-86_400)
        try await fixture.importBatch(1, rows: 2, at: before)
        try await fixture.settle(1, as: .sent(at: before), at: before)
        try await fixture.settle(1, as: .sent(at: yesterday), for: "dev2", at: yesterday)
        try await fixture.importBatch(2, rows: 6, refused: 3)
        try await fixture.settle(2, as: .sent(at: APIFixture.now))
        try await fixture.settle(1, as: .failed(.rejected, error: "463"))
        try await fixture.claim(1)
        _ = try await fixture.queue.cancel(.message(QueueID(rawValue: 8)), now: APIFixture.now)
        #expect(
            try await fixture.read("/api/stats?startDate=2026-11-20&endDate=2026-11-21").text
                == #"{"success":true,"startDate":"2026-11-20","endDate":"2026-11-21","totalDevices":2,"connected":1,"#
                + #""sent":3,"failed":4,"cancelled":1,"totalSent":4,"inQueue":2,"byDate":["#
                + #"{"date":"2026-11-20","sent":1,"failed":0,"cancelled":0},"#
                + #"{"date":"2026-11-21","sent":2,"failed":4,"cancelled":1}],"byDevice":["#
                + #"{"sessionId":"dev1","sent":2,"failed":1,"cancelled":0},"#
                + #"{"sessionId":"dev2","sent":1,"failed":0,"cancelled":0}]}"#)
    }

    @Test(arguments: [
        ("", "2026-10-23", "2026-11-21", 30), ("?startDate=2026-11-21", "2026-11-21", "2026-11-21", 1),
        ("?endDate=2026-03-31", "2026-03-02", "2026-03-31", 30),
        ("?startDate=2025-11-21&endDate=2026-11-21", "2025-11-21", "2026-11-21", 366),
    ])
    func `days not given are the last thirty`(query: String, first: String, last: String, count: Int) async throws {
        let body = try await APIFixture().read("/api/stats" + query).json
        #expect(body["startDate"]?.text == first)
        #expect(body["endDate"]?.text == last)
        let dates = body["byDate"]?.array?.compactMap { $0.object?["date"]?.text } ?? []
        #expect(dates.count == count)
        #expect(dates.first == first)
        #expect(dates.last == last)
    }

    @Test func `today is today in the configured zone`() async throws {
        let fixture = try await APIFixture(timeZone: "Pacific/Kiritimati")
        #expect(try await fixture.read("/api/stats").json["endDate"]?.text == "2026-11-22")
    }

    @Test func `days of 23 and 25 hours hold what ended in them`() async throws {
        let fixture = try await APIFixture(timeZone: "Europe/Berlin")
        try await fixture.importBatch(1, rows: 6)
        let moments = [
            1_774_738_800, 1_774_821_599.999, 1_774_821_600,  // 29 March ends an hour early, at 22:00Z
            1_792_879_200, 1_792_969_199.999, 1_792_969_200,  // 25 October ends an hour late, at 23:00Z
        ].map(Date.init(timeIntervalSince1970:))
        for moment in moments { try await fixture.settle(1, as: .sent(at: moment), at: moment) }
        func sent(_ query: String) async throws -> [Int] {
            let days = try await fixture.read("/api/stats?" + query).json["byDate"]?.array?.compactMap(\.object) ?? []
            return days.compactMap { $0["sent"]?.int }
        }
        #expect(try await sent("startDate=2026-03-28&endDate=2026-03-30") == [0, 2, 1])
        #expect(try await sent("startDate=2026-10-24&endDate=2026-10-26") == [0, 2, 1])
    }

    @Test func `a user's key counts that user's messages only`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, user: APIFixture.ann, rows: 2, refused: 1)
        try await fixture.importBatch(2, user: APIFixture.bob, rows: 5)
        try await fixture.settle(7, as: .sent(at: APIFixture.now))
        try await fixture.importBatch(3, user: APIFixture.bob, rows: 1)
        let ann = try await fixture.get("/api/stats", key: fixture.annKey).json
        #expect(
            [ann["sent"], ann["failed"], ann["totalSent"], ann["inQueue"]] == [
                .number(2), .number(1), .number(2), .number(0),
            ])
        let bob = try await fixture.get("/api/stats", key: fixture.bobKey).json
        #expect(
            [bob["sent"], bob["failed"], bob["totalSent"], bob["inQueue"]] == [
                .number(5), .number(0), .number(5), .number(1),
            ])
    }
}
