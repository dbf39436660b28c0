import Foundation
import SpoolCore
import SpoolFiles
import SpoolQueue
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct AnswerWriterTests {
    private let bad = Refusal(.validation, "Phone number is required", field: "number")

    private func seed(
        _ fixture: SpoolFixture, _ name: String, batch: Int64 = 42, results: String? = nil, isDryRun: Bool = false
    ) -> BatchSeed {
        BatchSeed(
            id: BatchID(rawValue: batch), user: .default, file: DropFileName(name),
            results: DropFileName(results ?? name),
            format: "csv", digest: nil, inode: 1, takenAt: fixture.time.now, original: "", isDryRun: isDryRun)
    }

    private func good(_ count: Int, from first: Int = 1) -> [ImportRow] {
        (first..<first + count).map { ImportRow(record: $0, line: $0 + 1, content: .success(request($0))) }
    }

    private func refused(_ count: Int, from first: Int) -> [ImportRow] {
        (first..<first + count).map { ImportRow(record: $0, line: $0 + 1, content: .failure(self.bad)) }
    }

    private func write(_ rows: [ImportRow], _ seed: BatchSeed, _ fixture: SpoolFixture) async throws {
        try await fixture.queue.finishImport(rows, of: seed, isStrict: false, now: fixture.time.now)
        try await fixture.answers().write(for: seed.id)
    }

    /// Compares an answer with the checked-in file of that name.
    private func expectReference(_ fixture: SpoolFixture, _ name: String, as reference: String? = nil) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "References/\(reference ?? name).ref")
        let text = try fixture.text("results/" + name)
        if ProcessInfo.processInfo.environment["SPOOL_WRITE_REFERENCES"] != nil {
            try Data(text.utf8).write(to: url)
        }
        #expect(text == String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    @Test func `one message is answered with its id and when it will be there`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.good(1), self.seed(fixture, "one.json"), fixture)
        try self.expectReference(fixture, "one.json.accepted.json")
        #expect(try fixture.names("results") == ["one.json.accepted.json"])
    }

    @Test func `several messages are answered with their ids and the refused rows`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(
            self.good(3) + self.refused(2, from: 4) + self.good(1, from: 6), self.seed(fixture, "orders.csv"), fixture)
        try self.expectReference(fixture, "orders.csv.accepted.json")
    }

    @Test func `what waits already is counted in the estimate`() async throws {
        let fixture = try await SpoolFixture()
        try await fixture.queue.finishImport(
            self.good(100), of: self.seed(fixture, "first.csv", batch: 1), isStrict: false, now: fixture.time.now)
        try await self.write(self.good(1), self.seed(fixture, "one.json"), fixture)
        let text = try fixture.text("results/one.json.accepted.json")
        #expect(text.contains("\"estimatedDelivery\":\"60-"), "\(text)")
    }

    @Test func `without a device there is no estimate`() async throws {
        let fixture = try await SpoolFixture()
        let lost = TransportDevice(id: .first, number: nil, status: .unlinked, detail: "logged out")
        _ = await fixture.board.update(lost, at: fixture.time.now)
        try await self.write(self.good(1), self.seed(fixture, "one.json"), fixture)
        try await self.write(self.good(2), self.seed(fixture, "two.csv", batch: 43), fixture)
        #expect(try fixture.text("results/one.json.accepted.json").contains("\"estimatedDelivery\":null"))
        #expect(try fixture.text("results/two.csv.accepted.json").contains("\"estimatedCompletion\":null"))
    }

    @Test func `a dry run says so`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.good(1), self.seed(fixture, "one.json", isDryRun: true), fixture)
        try await self.write(self.good(2), self.seed(fixture, "two.csv", batch: 43, isDryRun: true), fixture)
        try await self.write(
            self.refused(1, from: 1), self.seed(fixture, "bad.csv", batch: 44, isDryRun: true), fixture)
        for name in ["one.json.accepted.json", "two.csv.accepted.json", "bad.csv.rejected.json"] {
            #expect(try fixture.text("results/" + name).hasSuffix(",\"dryRun\":true}\n"))
        }
    }

    @Test func `a rejected file is answered with its reason, then the marker`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.refused(2, from: 1), self.seed(fixture, "orders.csv"), fixture)
        try self.expectReference(fixture, "orders.csv.rejected.json")
        #expect(try fixture.names("results") == ["orders.csv.err", "orders.csv.rejected.json"])
        #expect(try fixture.text("results/orders.csv.err").isEmpty)
    }

    @Test func `a file rejected unread has no line, no field and no rows`() async throws {
        let fixture = try await SpoolFixture()
        let seed = self.seed(fixture, "photo.png")
        try await fixture.queue.reject(
            seed, BatchRejection(Refusal(.unsupportedFormat, "Not that one")), now: fixture.time.now)
        try await fixture.answers().write(for: seed.id)
        try self.expectReference(fixture, "photo.png.rejected.json")
    }

    @Test func `another start of the names is used for all answers and said in them`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.refused(1, from: 1), self.seed(fixture, "a%.csv", results: "a%~42.csv"), fixture)
        #expect(try fixture.names("results") == ["a%~42.csv.err", "a%~42.csv.rejected.json"])
        let text = try fixture.text("results/a%~42.csv.rejected.json")
        #expect(text.contains("\"file\":\"a%25.csv\",\"results\":\"a%25~42.csv\""), "\(text)")
    }

    @Test func `above ten thousand messages the ids are left out, and errors end at a thousand`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(
            self.good(10_001) + self.refused(1001, from: 10_002), self.seed(fixture, "orders.csv"), fixture)
        let text = try fixture.text("results/orders.csv.accepted.json")
        #expect(text.contains("\"queued\":10001,\"failed\":1001,\"firstQueueId\":1,\"lastQueueId\":10001,"))
        #expect(!text.contains("queueIds"))
        #expect(text.split(separator: "{\"line\":").count == 1001)
    }

    @Test func `ten thousand ids are all there`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.good(10_000), self.seed(fixture, "orders.csv"), fixture)
        #expect(try fixture.text("results/orders.csv.accepted.json").contains(",9999,10000],\"firstQueueId\""))
    }

    @Test func `a second call changes nothing`() async throws {
        let fixture = try await SpoolFixture()
        try await self.write(self.good(2), self.seed(fixture, "orders.csv"), fixture)
        try await self.write(self.refused(1, from: 1), self.seed(fixture, "bad.csv", batch: 43), fixture)
        let before = try fixture.names("results").map { try fixture.text("results/" + $0) }
        fixture.time.advance(by: .seconds(1000))
        try await fixture.settle { _ in .sent(at: fixture.time.now) }
        for batch in [42, 43] { try await fixture.answers().write(for: BatchID(rawValue: Int64(batch))) }
        #expect(try fixture.names("results").map { try fixture.text("results/" + $0) } == before)
    }

    @Test func `a batch that does not exist is an error`() async throws {
        let fixture = try await SpoolFixture()
        await #expect(throws: QueueError.noSuchBatch(BatchID(rawValue: 7))) {
            try await fixture.answers().write(for: BatchID(rawValue: 7))
        }
    }
}
