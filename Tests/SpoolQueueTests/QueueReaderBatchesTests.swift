import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct QueueReaderBatchesTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test(arguments: [1, 4, 12, 13])
    func `pages of batches have no gap and no repeat`(limit: Int) async throws {
        for batch: Int64 in 1...12 { try await self.test.queue.openBatch(self.test.seed(batch)) }
        var found: [Int64] = []
        var cursor: PageCursor?
        repeat {
            let page = try await self.test.reader.batches(after: cursor, limit: limit)
            found += page.elements.map(\.id.rawValue)
            cursor = page.next
        } while cursor != nil && found.count < 100
        #expect(found == (1...12).reversed())
    }

    @Test func `a batch is shown to its user only`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.add(1, as: 1)
        try await self.test.add(1, as: 2, user: .shop)
        let shop = BatchID(rawValue: 2)
        #expect(try await self.test.reader.batches(of: .shop, limit: 9).elements.map(\.id) == [shop])
        #expect(try await self.test.reader.batch(shop, of: .shop)?.id == shop)
        #expect(try await self.test.reader.batch(shop, of: .default) == nil)
        #expect(try await self.test.reader.batch(shop)?.user == .shop)
    }

    @Test func `a batch goes through its states`() async throws {
        var states: [BatchState?] = [try await self.test.batch(1)?.status]
        func look() async throws { states.append(try await self.test.batch(1)?.status) }
        let seed = self.test.seed(1, name: "Spring")
        try await self.test.queue.openBatch(seed)
        try await look()
        try await self.test.queue.finishImport(rows([request(1)]), of: seed, isStrict: false, now: self.now)
        try await look()
        try await self.test.execute("UPDATE batch SET heldAt = 1")
        try await look()
        try await self.test.execute("UPDATE batch SET heldAt = NULL")
        try await self.test.process(.sent(at: self.now))
        try await look()
        try await self.test.queue.markReported(seed.id, now: self.now)
        try await look()
        #expect(states == [nil, .importing, .open, .held, .settled, .reported])
        #expect(try await self.test.batch(1)?.name == "Spring")
    }

    @Test func `a submitter finds the batch of its file`() async throws {
        let file = DropFileName(bytes: [0x61, 0xFF, 0x25])
        var seed = self.test.seed(1)
        seed.file = file
        seed.inode = .max
        try await self.test.queue.openBatch(seed)
        #expect(try await self.test.reader.batch(of: .default, file: file, inode: .max)?.file == "a%FF%25")
        #expect(try await self.test.reader.batch(of: .default, file: file, inode: 1) == nil)
        #expect(try await self.test.reader.batch(of: .shop, file: file, inode: .max) == nil)
        #expect(try await self.test.reader.batch(of: .default, file: DropFileName("a"), inode: .max) == nil)
        var next = self.test.seed(2)
        next.file = file
        next.inode = .max
        try await self.test.queue.openBatch(next)
        #expect(try await self.test.reader.batch(of: .default, file: file, inode: .max)?.id == next.id)
    }

    @Test func `a batch is forgotten when its file was given back`() async throws {
        try await self.test.queue.append(rows([request(1)]) + [badRow(2)], to: self.test.seed(1), now: self.now)
        try await self.test.add(1, as: 2)
        try await self.test.queue.finishImport([badRow(1)], of: self.test.seed(3), isStrict: false, now: self.now)
        for id: Int64 in 1...4 { try await self.test.queue.forgetBatch(BatchID(rawValue: id)) }
        #expect(try await self.test.reader.batches(limit: 9).elements.map(\.id.rawValue) == [3, 2])
        #expect(try await self.test.values(Int.self, "SELECT batchId FROM message") == [2])
        #expect(try await self.test.values(Int.self, "SELECT batchId FROM refusal") == [3])
    }

    @Test func `the highest number counts every batch`() async throws {
        #expect(try await self.test.reader.highestBatch() == BatchID(rawValue: 0))
        try await self.test.queue.finishImport([badRow(1)], of: self.test.seed(41), isStrict: false, now: self.now)
        try await self.test.add(1, as: 7)
        #expect(try await self.test.reader.highestBatch() == BatchID(rawValue: 41))
    }

    @Test func `the same bytes are found within the window, for their user, when they were accepted`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let accepted = self.test.seed(1)
        let rejected = self.test.seed(2)
        let open = self.test.seed(3)
        try await self.test.queue.finishImport(rows([request(1)]), of: accepted, isStrict: false, now: self.now)
        try await self.test.queue.finishImport([badRow(1)], of: rejected, isStrict: false, now: self.now)
        try await self.test.queue.openBatch(open)
        func find(_ seed: BatchSeed, of user: UserName = .default, since: Date) async throws -> BatchID? {
            try await self.test.reader.batch(withDigest: seed.digest ?? [], of: user, since: since)
        }
        #expect(try await find(accepted, since: self.now - .seconds(1)) == accepted.id)
        #expect(try await find(accepted, since: self.now) == nil)
        #expect(try await find(accepted, of: .shop, since: .distantPast) == nil)
        #expect(try await find(rejected, since: .distantPast) == nil)
        #expect(try await find(open, since: .distantPast) == nil)
    }

    @Test func `answers under a name are due until the last of them is written`() async throws {
        let name = DropFileName("orders-1.csv")
        func due() async throws -> Bool { try await self.test.reader.answersAreDue(name, of: .default) }
        #expect(try await due() == false)
        let seed = self.test.seed(1)
        try await self.test.queue.openBatch(seed)
        #expect(try await due())
        #expect(try await self.test.reader.answersAreDue(name, of: .shop) == false)
        try await self.test.queue.finishImport(rows([request(1)]), of: seed, isStrict: false, now: self.now)
        try await self.test.queue.markAnswered(seed.id, original: seed.original, now: self.now)
        try await self.test.process(.sent(at: self.now))
        #expect(try await due())
        try await self.test.queue.markReported(seed.id, now: self.now)
        #expect(try await due() == false)
    }

    @Test func `answers of a rejected file are due until it is answered`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.finishImport([badRow(1)], of: seed, isStrict: false, now: self.now)
        #expect(try await self.test.reader.answersAreDue(seed.results, of: .default))
        #expect(try await self.test.reader.unansweredBatches().map(\.id) == [seed.id])
        try await self.test.queue.markAnswered(seed.id, original: "rejected/orders-1.csv", now: self.now)
        #expect(try await self.test.reader.answersAreDue(seed.results, of: .default) == false)
        #expect(try await self.test.reader.unansweredBatches().isEmpty)
        #expect(try await self.test.reader.importAnswer(for: seed.id)?.original == "rejected/orders-1.csv")
    }

    @Test func `batches that are imported and not answered are found again`() async throws {
        try await self.test.queue.openBatch(self.test.seed(1))
        try await self.test.add(1, as: 2)
        try await self.test.add(1, as: 3)
        try await self.test.queue.markAnswered(BatchID(rawValue: 2), original: "accepted/x.csv", now: self.now)
        #expect(try await self.test.reader.unansweredBatches().map(\.id.rawValue) == [3])
    }

    @Test func `an answer names ten thousand ids and no more`() async throws {
        for (batch, count) in [(Int64(1), 10000), (2, 10001)] {
            try await self.test.queue.openBatch(self.test.seed(batch))
            try await self.test.execute(
                """
                WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < \(count))
                INSERT INTO message (batchId, userId, record, line, priority, number, body, queuedAt)
                SELECT \(batch), 1, n, n + 1, 1, '15550100001', 'x', 0 FROM counter
                """)
        }
        let full = try #require(try await self.test.reader.importAnswer(for: BatchID(rawValue: 1)))
        #expect(full.queueIDs == (1...10000).map { QueueID(rawValue: $0) })
        let over = try #require(try await self.test.reader.importAnswer(for: BatchID(rawValue: 2)))
        #expect(over.queueIDs == nil)
        #expect((over.firstQueueID?.rawValue, over.lastQueueID?.rawValue) == (10001, 20001))
    }

    @Test func `an answer names the first thousand refused rows`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.finishImport(
            (1...1001).map { badRow($0, "Row \($0)") } + rows([request(1)], after: 1001), of: seed, isStrict: false,
            now: self.now)
        let answer = try #require(try await self.test.reader.importAnswer(for: seed.id))
        #expect(answer.refusals.map(\.refusal.message) == (1...1000).map { "Row \($0)" })
        #expect(answer.batch.refused == 1001)
        #expect(answer.rejection == nil)
        #expect(try await self.test.reader.importAnswer(for: BatchID(rawValue: 9)) == nil)
    }

    @Test func `the JSON of a batch has the fields of the contract in their order`() async throws {
        try await self.test.queue.finishImport(
            rows([request(1), request(2)]) + [badRow(3)], of: self.test.seed(1), isStrict: false, now: self.now)
        try await self.test.process(.failed(.rejected, error: "No"))
        let view = try #require(try await self.test.batch(1))
        #expect(
            view.json(estimatedCompletion: self.now).text == """
                {"batchId":1,"file":"orders-1.csv","name":null,"status":"open","total":3,"pending":1,"processing":0,\
                "sent":0,"failed":2,"cancelled":0,"held":0,"estimatedCompletion":"2027-01-15T12:00:00.000Z","retryOf":null}
                """)
    }
}
