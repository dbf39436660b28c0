import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueImportTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `nothing of a file can be claimed before its import has finished`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.openBatch(seed)
        try await self.test.queue.append(rows([request(1), request(2)]), to: seed, now: self.now)
        #expect(try await self.test.claim(10).isEmpty)
        #expect(try await self.test.batch(1)?.status == .importing)
        #expect(try await self.test.reader.messages(MessageFilter(.queue), limit: 10).elements.isEmpty)

        try await self.test.queue.finishImport(rows([request(3)], after: 2), of: seed, isStrict: false, now: self.now)
        #expect(try await self.test.batch(1)?.status == .open)
        #expect(try await self.test.claim(10).map(\.text) == ["Text 1", "Text 2", "Text 3"])
    }

    @Test func `queue ids grow in file order`() async throws {
        let ids = try await self.test.add([request(1, priority: .low), request(2), request(3, priority: .high)], as: 1)
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 3)
    }

    @Test func `a restart goes on behind the records that are stored`() async throws {
        let seed = self.test.seed(1)
        #expect(try await self.test.reader.importProgress(of: seed.id) == nil)
        try await self.test.queue.append(rows([request(1)]) + [badRow(2)], to: seed, now: self.now)
        let progress = try #require(try await self.test.reader.importProgress(of: seed.id))
        #expect(progress.records == 2)
        #expect(progress.digest == seed.digest)
        #expect(!progress.isImported && !progress.isRejected && !progress.isAnswered)

        try await self.test.queue.openBatch(seed)
        try await self.test.queue.append(rows([request(3)], after: 2), to: seed, now: self.now)
        try await self.test.queue.finishImport([], of: seed, isStrict: false, now: self.now)
        let answer = try #require(try await self.test.reader.importAnswer(for: seed.id))
        #expect(answer.queueIDs?.count == 2)
        #expect(answer.refusals.map(\.line) == [3])
        #expect(try await self.test.reader.importProgress(of: seed.id)?.isImported == true)
    }

    @Test func `rows that are stored already are not taken again`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1, ref: "a"), request(2)]), to: seed, now: self.now)
        let before = try await self.test.content()
        await #expect(throws: QueueError.noSuchBatch(seed.id)) {
            try await self.test.queue.append(rows([request(1, ref: "a")]), to: seed, now: self.now)
        }
        await #expect(throws: QueueError.noSuchBatch(seed.id)) {
            try await self.test.queue.append(rows([request(2), request(3)], after: 1), to: seed, now: self.now)
        }
        #expect(try await self.test.content() == before)
    }

    @Test func `a chunk with two rows of one record leaves nothing behind`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1)]), to: seed, now: self.now)
        let before = try await self.test.content()
        await #expect(throws: QueueError.self) {
            try await self.test.queue.append(
                rows([request(2)], after: 1) + rows([request(3)], after: 1), to: seed, now: self.now)
        }
        #expect(try await self.test.content() == before)
    }

    @Test func `a discarded import starts anew`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1, ref: "a")]) + [badRow(2)], to: seed, now: self.now)
        let lastID = try await self.test.count("SELECT max(id) FROM message")
        try await self.test.queue.discardImport(of: seed.id)
        #expect(try await self.test.count("SELECT count(*) FROM message") == 0)
        #expect(try await self.test.count("SELECT count(*) FROM refusal") == 0)
        #expect(try await self.test.reader.importProgress(of: seed.id)?.records == 0)

        let ids = try await self.test.add([request(1, ref: "a"), request(2)], as: 1)
        #expect(ids.count == 2)
        #expect(ids.allSatisfy { $0.rawValue > lastID })
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.pending, batch.refused, batch.total) == (2, 0, 2))
    }

    @Test func `discarding leaves imported and rejected batches as they are`() async throws {
        try await self.test.queue.finishImport(
            rows([request(1)]) + [badRow(2)], of: self.test.seed(1), isStrict: false, now: self.now)
        try await self.test.queue.finishImport([badRow(1)], of: self.test.seed(2), isStrict: false, now: self.now)
        let before = try await self.test.content()
        for id in [1, 2, 3] { try await self.test.queue.discardImport(of: BatchID(rawValue: Int64(id))) }
        #expect(try await self.test.content() == before)
    }

    @Test func `a strict file with one bad row is rejected as a whole`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1, ref: "a"), request(2)]), to: seed, now: self.now)
        let rejection = try await self.test.queue.finishImport([badRow(3)], of: seed, isStrict: true, now: self.now)
        #expect(
            rejection
                == BatchRejection(
                    Refusal(
                        .validation,
                        "Nothing was imported, because 1 of its 3 rows are not valid and it is strict;"
                            + " the first: Phone number is required", field: "number"), line: 4))
        let batch = try #require(try await self.test.batch(1))
        #expect(batch.status == .rejected)
        #expect((batch.pending, batch.refused) == (0, 1))
        #expect(try await self.test.count("SELECT count(*) FROM message") == 0)
        #expect(try await self.test.add([request(1, ref: "a")], as: 2).count == 1)
    }

    @Test func `a strict file without a bad row is imported`() async throws {
        let rejection = try await self.test.queue.finishImport(
            rows([request(1)]), of: self.test.seed(1), isStrict: true, now: self.now)
        #expect(rejection == nil)
        #expect(try await self.test.claim().count == 1)
    }

    @Test func `a file of which every row is refused is rejected and keeps its refusals`() async throws {
        let seed = self.test.seed(1)
        let rejection = try await self.test.queue.finishImport(
            [badRow(1, "No digits"), badRow(2)], of: seed, isStrict: false, now: self.now)
        #expect(
            rejection?.refusal.message
                == "Nothing was imported, because none of its 2 rows is valid; the first: No digits")
        let answer = try #require(try await self.test.reader.importAnswer(for: seed.id))
        #expect(answer.rejection == rejection)
        #expect(answer.refusals.map(\.line) == [2, 3])
        #expect(answer.queueIDs == [])
        #expect(answer.original == seed.original)
    }

    @Test func `a file whose only row is refused is rejected with that row's reason`() async throws {
        let rejection = try await self.test.queue.finishImport(
            [badRow(1)], of: self.test.seed(1), isStrict: false, now: self.now)
        #expect(rejection == BatchRejection(Refusal(.validation, "Phone number is required", field: "number"), line: 2))
    }

    @Test func `a file without a row is rejected as empty`() async throws {
        let rejection = try await self.test.queue.finishImport(
            [], of: self.test.seed(1), isStrict: false, now: self.now)
        #expect(rejection == BatchRejection(Refusal(.emptyFile, "The file has no message")))
    }

    @Test func `a file can be rejected in the middle of its import`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1)]) + [badRow(2)], to: seed, now: self.now)
        let rejection = BatchRejection(Refusal(.incompleteFile, "The file ends inside a quoted field"), line: 4)
        try await self.test.queue.reject(seed, rejection, now: self.now)
        let answer = try #require(try await self.test.reader.importAnswer(for: seed.id))
        #expect(answer.rejection == rejection)
        #expect(answer.batch.status == .rejected)
        #expect((answer.batch.refused, answer.batch.pending) == (1, 0))
        #expect(try await self.test.count("SELECT count(*) FROM message") == 0)
    }

    @Test func `an imported or rejected batch takes no more rows and no second verdict`() async throws {
        let imported = self.test.seed(1)
        let rejected = self.test.seed(2)
        try await self.test.queue.finishImport(rows([request(1)]), of: imported, isStrict: false, now: self.now)
        try await self.test.queue.finishImport([badRow(1)], of: rejected, isStrict: false, now: self.now)
        let before = try await self.test.content()
        for seed in [imported, rejected] {
            for rows in [[], rows([request(7)], after: 6)] {
                await #expect(throws: QueueError.noSuchBatch(seed.id)) {
                    try await self.test.queue.finishImport(
                        rows, of: seed, isStrict: false, now: self.now + .seconds(60))
                }
            }
            await #expect(throws: QueueError.noSuchBatch(seed.id)) {
                try await self.test.queue.append(rows([request(7)], after: 6), to: seed, now: self.now)
            }
            try await self.test.queue.openBatch(self.test.seed(seed.id.rawValue, file: "another.csv"))
        }
        await #expect(throws: QueueError.noSuchBatch(imported.id)) {
            try await self.test.queue.reject(imported, BatchRejection(Refusal(.encoding, "No UTF-8")), now: self.now)
        }
        #expect(try await self.test.content() == before)
    }

    @Test func `a file of an unknown user stores nothing`() async throws {
        let before = try await self.test.content()
        await #expect(throws: QueueError.noSuchUser(.shop)) {
            try await self.test.queue.append(rows([request(1)]), to: self.test.seed(1, user: .shop), now: self.now)
        }
        #expect(try await self.test.content() == before)
    }

    @Test func `a user that exists is not made twice`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.queue.addUser(.default, now: self.now)
        #expect(try await self.test.reader.users() == [.default, .shop])
    }

    @Test func `what a row asks for is stored as it was written`() async throws {
        let text = "Grüße 👩‍👩‍👧 \u{200F}שלום\r\n'; DROP TABLE message; --"
        let full = MessageRequest(
            recipient: .group("1203630000@g.us"), text: text, ref: "x'y", device: .second,
            sendAt: self.now - .seconds(5), expiresAt: self.now + .seconds(5), priority: .low, timeZone: "Asia/Karachi")
        let id = try #require(try await self.test.add([full], as: 1).first)
        let view = try #require(try await self.test.message(id))
        #expect(view.number == "1203630000@g.us")
        #expect((view.ref, view.device, view.priority, view.line) == ("x'y", .second, .low, 2))
        #expect(view.queuedAt == self.now)
        let claimed = try #require(try await self.test.claim(for: .second).first)
        #expect(claimed.text == text)
        #expect(claimed.recipient == .group("1203630000@g.us"))
        #expect(try await self.test.values(String.self, "SELECT timeZone FROM message") == ["Asia/Karachi"])
    }

    @Test func `a row with a NUL is refused, since it would come back cut off`() async throws {
        var text = request(2)
        text.text = "Hello\0World"
        let seed = self.test.seed(1)
        try await self.test.queue.finishImport(
            rows([request(1), text, request(3, ref: "a\0b")]), of: seed, isStrict: false, now: self.now)
        let refusals = try await self.test.reader.importAnswer(for: seed.id)?.refusals
        #expect(refusals?.map(\.line) == [3, 4])
        #expect(refusals?.map(\.refusal.field) == ["message", "ref"])
    }

    @Test func `a batch of a large file has the same counts in chunks as in one`() async throws {
        let seed = self.test.seed(1)
        var generator = SeededGenerator(seed: 11)
        let all = (1...600).map { record in
            Int.random(in: 0..<5, using: &generator) == 0
                ? badRow(record) : ImportRow(record: record, line: record + 1, content: .success(request(record)))
        }
        for chunk in stride(from: 0, to: 550, by: 50) {
            try await self.test.queue.append(Array(all[chunk..<chunk + 50]), to: seed, now: self.now)
        }
        try await self.test.queue.finishImport(Array(all[550...]), of: seed, isStrict: false, now: self.now)
        let refused = all.filter { if case .failure = $0.content { true } else { false } }
        let batch = try #require(try await self.test.batch(1))
        #expect(batch.refused == refused.count)
        #expect(batch.pending == 600 - refused.count)
        #expect(try await self.test.count("SELECT count(*) FROM message") == batch.pending)
    }

    @Test func `answered and reported are stored once`() async throws {
        try await self.test.add(1)
        let id = BatchID(rawValue: 1)
        await #expect(throws: QueueError.self) { try await self.test.queue.markReported(id, now: self.now) }
        try await self.test.process(.sent(at: self.now))
        #expect(try await self.test.batch(1)?.status == .settled)
        try await self.test.queue.markAnswered(id, original: "accepted/2027-01-16/x.csv", now: self.now)
        try await self.test.queue.markReported(id, now: self.now + .seconds(3))
        try await self.test.queue.markReported(id, now: self.now + .seconds(9))
        let batch = try #require(try await self.test.batch(1))
        #expect(batch.status == .reported)
        #expect(batch.reportedAt == self.now + .seconds(3))
        #expect(try await self.test.reader.importProgress(of: id)?.isAnswered == true)
    }
}
