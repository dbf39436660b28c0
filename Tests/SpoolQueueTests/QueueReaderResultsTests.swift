import Foundation
import GRDB
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct QueueReaderResultsTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let batch = BatchID(rawValue: 1)

    init() throws {
        self.test = try TestQueue()
    }

    /// Nine records: 1, 4 and 7 refused, 2 sent, 3 failed, 5 cancelled, 6 failed, 8 and 9 sent.
    private func settledBatch() async throws -> [QueueID] {
        let seed = self.test.seed(1)
        let all = (1...9).map { record in
            [1, 4, 7].contains(record)
                ? badRow(record) : ImportRow(record: record, line: record + 1, content: .success(request(record)))
        }
        try await self.test.queue.finishImport(all, of: seed, isStrict: false, now: self.now)
        let ids = try await self.test.reader.importAnswer(for: seed.id)?.queueIDs ?? []
        _ = try await self.test.queue.cancel(.message(ids[2]), now: self.now)
        for message in try await self.test.claim(9) {
            let fails = message.text == "Text 3" || message.text == "Text 6"
            try await self.test.settle(message, fails ? .failed(.rejected, error: "No") : .sent(at: self.now))
        }
        return ids
    }

    private func rows(after record: Int, limit: Int, failedOnly: Bool = false) async throws -> [ResultRow] {
        try await self.test.database.access.read { [batch] db in
            try QueueReader.resultRows(of: batch, after: record, limit: limit, failedOnly: failedOnly, db)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 9, 20])
    func `messages and refused rows come in file order, without gap or repeat`(limit: Int) async throws {
        _ = try await self.settledBatch()
        for (failedOnly, expected) in [(false, Array(1...9)), (true, [1, 3, 4, 6, 7])] {
            var records: [Int] = []
            while records.count < 100 {
                let rows = try await self.rows(after: records.last ?? 0, limit: limit, failedOnly: failedOnly)
                guard !rows.isEmpty else { break }
                #expect(rows.count <= limit)
                records += rows.map(\.record)
            }
            #expect(records == expected)
        }
    }

    @Test(arguments: [0, 999, 1000, 1001, 2000])
    func `a whole batch is read in pages`(count: Int) async throws {
        let seed = self.test.seed(1)
        let all = (1...count + 1).dropLast().map { record in
            record.isMultiple(of: 3)
                ? badRow(record) : ImportRow(record: record, line: record, content: .success(request(record)))
        }
        try await self.test.queue.append(all, to: seed, now: self.now)
        for (failedOnly, expected) in [
            (false, Array(1..<count + 1)), (true, Array(stride(from: 3, to: count + 1, by: 3))),
        ] {
            let cursor = self.test.reader.rowsOfResult(of: self.batch, failedOnly: failedOnly)
            var records: [Int] = []
            while records.count < 9999, let row = try cursor.next() { records.append(row.record) }
            #expect(records == expected)
            #expect(try cursor.next() == nil)
        }
    }

    @Test func `each row says what became of it`() async throws {
        let ids = try await self.settledBatch()
        let sent = try #require(try await self.test.message(ids[0]))
        let wireID = try #require(sent.wireID)
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: wireID, deliveredAt: self.now + .seconds(1), readAt: self.now + .seconds(2))],
            now: self.now + .seconds(2))
        let rows = try await self.rows(after: 0, limit: 5)
        let failed = try #require(try await self.test.message(ids[1])).wireID
        #expect(
            rows == [
                ResultRow(
                    record: 1, queueID: nil, status: .failed, errorCode: .validation, error: "Phone number is required"),
                ResultRow(
                    record: 2, queueID: ids[0], status: .sent, wireID: wireID, device: .first, sentAt: self.now,
                    deliveredAt: self.now + .seconds(1), readAt: self.now + .seconds(2)),
                ResultRow(
                    record: 3, queueID: ids[1], status: .failed, wireID: failed, device: .first, errorCode: .rejected,
                    error: "No"),
                ResultRow(
                    record: 4, queueID: nil, status: .failed, errorCode: .validation, error: "Phone number is required"),
                ResultRow(
                    record: 5, queueID: ids[2], status: .cancelled, errorCode: .cancelled,
                    error: "Cancelled by an operator"),
            ])
    }

    @Test func `result files are due when a batch is answered and every message final`() async throws {
        try await self.test.queue.openBatch(self.test.seed(9))
        try await self.test.queue.finishImport([badRow(1)], of: self.test.seed(8), isStrict: false, now: self.now)
        try await self.test.add(2, as: 1)
        try await self.test.add(1, as: 2)
        func due() async throws -> [Int64] { try await self.test.reader.settledBatches().map(\.batch.id.rawValue) }
        _ = try await self.test.queue.cancel(.batch(BatchID(rawValue: 2)), now: self.now)
        try await self.test.process(.sent(at: self.now))
        #expect(try await due() == [])
        for id: Int64 in 1...2 {
            try await self.test.queue.markAnswered(BatchID(rawValue: id), original: "accepted/\(id).csv", now: self.now)
        }
        #expect(try await due() == [2])
        let last = try #require(try await self.test.claim().first)
        #expect(try await due() == [2])
        try await self.test.settle(last, .sent(at: self.now), now: self.now + .seconds(5))
        #expect(try await due() == [1, 2])
        let first = try #require(try await self.test.reader.settledBatches().first)
        #expect((first.original, first.format) == ("accepted/1.csv", "csv"))
        #expect(first.batch.settledAt == self.now + .seconds(5))
        try await self.test.queue.markReported(first.batch.id, now: self.now)
        #expect(try await due() == [2])
    }
}
