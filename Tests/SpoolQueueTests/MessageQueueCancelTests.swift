import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueCancelTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `a pending message is cancelled`() async throws {
        let ids = try await self.test.add(2)
        let result = try await self.test.queue.cancel(.message(ids[0]), now: self.now)
        #expect(result == Cancellation(cancelled: 1, tooLate: []))
        let view = try #require(try await self.test.message(ids[0]))
        #expect((view.status, view.errorCode, view.error) == (.cancelled, "CANCELLED", "Cancelled by an operator"))
        #expect(view.finishedAt == self.now)
        #expect(try await self.test.claim(10).map(\.id) == [ids[1]])
        #expect(try await self.test.batch(1)?.cancelled == 1)
    }

    @Test func `whatever is no longer pending is too late`() async throws {
        let ids = try await self.test.add(5)
        try await self.test.process(.sent(at: self.now))
        try await self.test.process(.failed(.rejected, error: "No"))
        let claimed = try await self.test.claim()
        let first = try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now)
        #expect(first == Cancellation(cancelled: 2, tooLate: [ids[0], ids[1], ids[2]]))
        let second = try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now)
        #expect(second == Cancellation(cancelled: 0, tooLate: ids))
        #expect(try await self.test.message(claimed[0].id)?.status == .processing)
    }

    @Test func `a batch that does not exist is an error, a message that does not is nothing`() async throws {
        let before = try await self.test.content()
        await #expect(throws: QueueError.noSuchBatch(BatchID(rawValue: 7))) {
            try await self.test.queue.cancel(.batch(BatchID(rawValue: 7)), now: self.now)
        }
        let none = try await self.test.queue.cancel(.message(QueueID(rawValue: 7)), now: self.now)
        #expect(none == Cancellation(cancelled: 0, tooLate: []))
        #expect(try await self.test.content() == before)
    }

    @Test func `all means every batch that is imported`() async throws {
        try await self.test.add(2, as: 1)
        try await self.test.add(3, as: 2)
        try await self.test.process(.sent(at: self.now))
        _ = try await self.test.claim()
        try await self.test.queue.append(rows([request(1)]), to: self.test.seed(3), now: self.now)
        let result = try await self.test.queue.cancel(.all, now: self.now)
        #expect(result == Cancellation(cancelled: 3, tooLate: []))
        #expect(try await self.test.batch(3)?.pending == 1)
        try await self.test.queue.finishImport([], of: self.test.seed(3), isStrict: false, now: self.now)
        #expect(try await self.test.claim(10).map(\.text) == ["Text 1"])
    }

    @Test func `one batch's cancellation leaves the others`() async throws {
        try await self.test.add(2, as: 1)
        let ids = try await self.test.add(2, as: 2)
        #expect(try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now).cancelled == 2)
        #expect(try await self.test.batch(1)?.status == .settled)
        #expect(try await self.test.claim(10).map(\.id) == ids)
    }

    @Test(arguments: [
        (Settlement.sent(at: TestQueue.noon), MessageState.sent), (.failed(.rejected, error: "No"), .failed),
        (.deferred(until: TestQueue.noon, code: "503", reason: "Later"), .cancelled),
        (.returned(reason: "Lost"), .cancelled), (.uncertain(detail: "No answer"), .processing),
    ])
    func `the outcome decides about a message that is in flight`(settlement: Settlement, state: MessageState)
        async throws
    {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        #expect(try await self.test.queue.cancel(.message(claimed.id), now: self.now).tooLate == [claimed.id])
        try await self.test.settle(claimed, settlement)
        #expect(try await self.test.message(claimed.id)?.status == state)
        #expect(try await self.test.claim(10, now: self.now + .seconds(999)).isEmpty)
    }

    @Test(arguments: [(UncertainPolicy.resend, MessageState.cancelled), (.hold, .cancelled), (.fail, .failed)])
    func `an uncertain message is not sent again after its cancellation`(
        policy: UncertainPolicy, state: MessageState
    ) async throws {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        #expect(try await self.test.queue.cancel(.all, now: self.now).cancelled == 0)
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: policy, now: self.now) { _, _ in
            self.now
        }
        #expect(try await self.test.message(claimed.id)?.status == state)
    }

    @Test func `no more than a thousand are named as too late`() async throws {
        try await self.test.add(1005)
        _ = try await self.test.claim(1005)
        let result = try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now)
        #expect(result.cancelled == 0)
        #expect(result.tooLate.count == 1000)
    }

    @Test func `messages expire when their moment has come`() async throws {
        let soon = self.now + .seconds(60)
        let ids = try await self.test.add(
            [request(1, expiresAt: soon), request(2, expiresAt: soon + .milliseconds(1)), request(3)], as: 1)
        #expect(try await self.test.queue.expire(now: soon - .milliseconds(1)) == 0)
        #expect(try await self.test.queue.expire(now: soon) == 1)
        #expect(try await self.test.queue.expire(now: soon) == 0)
        let view = try #require(try await self.test.message(ids[0]))
        #expect((view.status, view.errorCode, view.finishedAt) == (.failed, "EXPIRED", soon))
        #expect(try await self.test.batch(1)?.failed == 1)
    }

    @Test func `what is in flight, or still being imported, does not expire`() async throws {
        try await self.test.add([request(1, expiresAt: self.now + .seconds(60))], as: 1)
        _ = try await self.test.claim()
        let seed = self.test.seed(2)
        try await self.test.queue.append(
            rows([request(2, expiresAt: self.now + .seconds(60))]), to: seed, now: self.now)
        #expect(try await self.test.queue.expire(now: self.now + .seconds(60)) == 0)
        try await self.test.queue.finishImport([], of: seed, isStrict: false, now: self.now)
        #expect(try await self.test.queue.expire(now: self.now + .seconds(60)) == 1)
    }
}
