import SpoolQueue
import HTTPTypes
import Foundation
import SpoolCore
import SpoolHTTP
import Testing

struct ReadOnlyAPIBatchesTests {
    @Test func `a batch has the contract's fields, refused rows counted`() async throws {
        let fixture = try await APIFixture(state: FakeDaemonState(completion: APIFixture.now.addingTimeInterval(60)))
        try await fixture.importBatch(7, rows: 5, refused: 2, isDryRun: true)
        try await fixture.settle(2, as: .sent(at: APIFixture.now))
        try await fixture.settle(1, as: .failed(.rejected, error: "463"))
        try await fixture.claim(1)
        #expect(
            try await fixture.read("/api/batches/7").text
                == #"{"success":true,"batch":{"batchId":7,"file":"orders.csv","name":null,"status":"open","total":7,"#
                + #""pending":1,"processing":1,"sent":2,"failed":3,"cancelled":0,"held":0,"#
                + #""estimatedCompletion":"2026-11-21T10:01:00.000Z","retryOf":null,"dryRun":true}}"#)
    }

    @Test func `only an open batch has an estimated completion`() async throws {
        let fixture = try await APIFixture(state: FakeDaemonState(completion: APIFixture.now))
        try await fixture.importBatch(1, rows: 1)
        try await fixture.settle(1, as: .sent(at: APIFixture.now))
        try await fixture.importBatch(2, rows: 1, finish: false)
        try await fixture.importBatch(3, rows: 1)
        let rows = try await fixture.read("/api/batches").json["batches"]?.array?.compactMap(\.object) ?? []
        #expect(rows.map { $0["status"]?.text } == ["open", "importing", "settled"])
        #expect(rows.map { $0["estimatedCompletion"] == .null } == [false, true, true])
    }

    @Test func `a user's key sees that user's batches and no others`() async throws {
        let fixture = try await APIFixture()
        try await fixture.importBatch(1, user: APIFixture.ann, rows: 1)
        try await fixture.importBatch(2, user: APIFixture.bob, rows: 1)
        func ids(_ key: String) async throws -> [Int] {
            let rows =
                try await fixture.get("/api/batches", key: key).json["batches"]?.array?.compactMap(\.object) ?? []
            return rows.compactMap { $0["batchId"]?.int }
        }
        #expect(try await ids(fixture.annKey) == [1])
        #expect(try await ids(fixture.adminKey) == [2, 1])
        #expect(try await fixture.get("/api/batches/2", key: fixture.bobKey).status == .ok)
        let foreign = try await fixture.get("/api/batches/2", key: fixture.annKey)
        #expect(foreign.status == .notFound)
        #expect(foreign.text == #"{"success":false,"error":"There is no batch 2","code":"NOT_FOUND"}"#)
    }

    @Test func `pages hold every batch once, the latest first`() async throws {
        let fixture = try await APIFixture()
        for id in 1...25 { try await fixture.importBatch(Int64(id), rows: 1) }
        let pages = try await fixture.allPages("/api/batches?limit=10", of: "batches", key: fixture.adminKey)
        #expect(pages.map(\.count) == [10, 10, 5])
        #expect(pages.flatMap { $0 }.compactMap { $0["batchId"]?.int } == Array((1...25).reversed()))
    }
}
