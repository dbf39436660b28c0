import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueSettleTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let later = TestQueue.noon + .seconds(10)

    init() throws {
        self.test = try TestQueue()
    }

    /// Claims the only message, settles it ten seconds later, and returns it as it is then.
    private func settled(_ settlement: Settlement) async throws -> (message: MessageView, attempt: AttemptView) {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        try await self.test.settle(claimed, settlement, now: self.later)
        let found = try #require(try await self.test.reader.message(claimed.id))
        return (found.message, try #require(found.attempts.first))
    }

    private func leases() async throws -> Int {
        try await self.test.count("SELECT count(*) FROM message WHERE leaseUntil IS NOT NULL")
    }

    @Test func `an acknowledged message is sent`() async throws {
        let (message, attempt) = try await self.settled(.sent(at: self.now + .seconds(9)))
        #expect((message.status, message.reason, message.errorCode) == (.sent, nil, nil))
        #expect((message.sentAt, message.finishedAt) == (self.now + .seconds(9), self.later))
        #expect((attempt.outcome, attempt.endedAt, attempt.code) == ("sent", self.later, nil))
        #expect(try await self.leases() == 0)
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.status, batch.sent, batch.processing, batch.settledAt) == (.settled, 1, 0, self.later))
    }

    @Test func `a temporary error makes it pending again, not before the moment`() async throws {
        let until = self.now + .seconds(300)
        let (message, attempt) = try await self.settled(
            .deferred(until: until, code: "503", reason: "The server is busy"))
        #expect((message.status, message.reason) == (.pending, "The server is busy"))
        #expect((message.notBefore, message.finishedAt) == (until, nil))
        #expect((attempt.outcome, attempt.code, attempt.detail) == ("deferred", "503", "The server is busy"))
        #expect(try await self.leases() == 0)
        #expect(try await self.test.claim(now: until - .milliseconds(1)).isEmpty)
        #expect(try await self.test.claim(now: until).first?.attempt == 2)
        #expect(try await self.test.message(message.id)?.reason == nil)
    }

    @Test func `a permanent error fails it`() async throws {
        let (message, attempt) = try await self.settled(.failed(.notOnWhatsApp, error: "The number is not on WhatsApp"))
        #expect((message.status, message.errorCode) == (.failed, "NOT_ON_WHATSAPP"))
        #expect((message.error, message.finishedAt) == ("The number is not on WhatsApp", self.later))
        #expect((attempt.outcome, attempt.code) == ("failed", "NOT_ON_WHATSAPP"))
        #expect(try await self.leases() == 0)
        #expect(try await self.test.batch(1)?.failed == 1)
    }

    @Test func `an attempt without an answer stays in processing`() async throws {
        let (message, attempt) = try await self.settled(.uncertain(detail: "No answer in 75 s"))
        #expect((message.status, message.reason) == (.processing, "uncertain: No answer in 75 s"))
        #expect((attempt.outcome, attempt.detail, attempt.endedAt) == ("uncertain", "No answer in 75 s", self.later))
        #expect(try await self.test.queue.oldestUncertain(of: .first) == self.later)
        #expect(try await self.test.claim(10, now: self.later).isEmpty)
        #expect(try await self.test.batch(1)?.status == .open)
    }

    @Test func `a message that never left is pending again at once`() async throws {
        let (message, attempt) = try await self.settled(.returned(reason: "The device is disconnected"))
        #expect((message.status, message.reason) == (.pending, "The device is disconnected"))
        #expect(message.notBefore == nil)
        #expect(attempt.outcome == "returned")
        #expect(try await self.leases() == 0)
        #expect(try await self.test.claim(now: self.later).first?.id == message.id)
    }

    @Test func `an answer that comes late settles an uncertain attempt`() async throws {
        let (message, _) = try await self.settled(.uncertain(detail: "No answer"))
        let attempt = SettledAttempt(message: message.id, attempt: 1, settlement: .sent(at: self.later))
        try await self.test.queue.settle([attempt], now: self.later)
        #expect(try await self.test.message(message.id)?.status == .sent)
        #expect(try await self.test.attempts(of: message.id).map(\.outcome) == ["sent"])
        #expect(try await self.test.queue.oldestUncertain(of: .first) == nil)
    }

    @Test func `many outcomes are stored together`() async throws {
        try await self.test.add(5)
        let claimed = try await self.test.claim(5)
        let settlements: [Settlement] = [
            .sent(at: self.now), .deferred(until: self.later, code: "1", reason: "r"), .failed(.rejected, error: "e"),
            .uncertain(detail: "d"), .returned(reason: "r"),
        ]
        try await self.test.queue.settle(
            zip(claimed, settlements).map { SettledAttempt(message: $0.id, attempt: 1, settlement: $1) },
            now: self.later)
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.sent, batch.pending, batch.failed, batch.processing) == (1, 2, 1, 1))
    }

    @Test(arguments: [
        Settlement.sent(at: TestQueue.noon), .deferred(until: TestQueue.noon, code: "c", reason: "r"),
        .failed(.rejected, error: "e"), .uncertain(detail: "d"), .returned(reason: "r"),
    ])
    func `one message in the wrong state stores nothing of the whole call`(settlement: Settlement) async throws {
        let ids = try await self.test.add(4)
        let claimed = try await self.test.claim(2)
        try await self.test.process(.failed(.rejected, error: "Before"))
        let before = try await self.test.content()
        let good = SettledAttempt(message: claimed[0].id, attempt: 1, settlement: .sent(at: self.now))
        let wrong = [
            SettledAttempt(message: ids[2], attempt: 1, settlement: settlement),
            SettledAttempt(message: ids[3], attempt: 0, settlement: settlement),
            SettledAttempt(message: QueueID(rawValue: 999), attempt: 1, settlement: settlement),
            SettledAttempt(message: claimed[1].id, attempt: 2, settlement: settlement),
        ]
        for bad in wrong {
            await #expect(throws: QueueError.unexpectedState(bad.message, expected: .processing)) {
                try await self.test.queue.settle([good, bad], now: self.later)
            }
            #expect(try await self.test.content() == before)
        }
    }

    @Test func `the outcome of an attempt that was given up does not settle the next one`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: .resend, now: self.now) {
            _, _ in self.now
        }
        let second = try #require(try await self.test.claim().first)
        await #expect(throws: QueueError.unexpectedState(first.id, expected: .processing)) {
            try await self.test.settle(first, .failed(.rejected, error: "Too late"))
        }
        try await self.test.settle(second, .sent(at: self.now))
        #expect(try await self.test.attempts(of: first.id).map(\.outcome) == ["uncertain", "sent"])
    }

    @Test func `an outcome is stored even when its task is cancelled`() async throws {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await self.test.settle(claimed, .sent(at: self.now))
        }
        try await task.value
        #expect(try await self.test.message(claimed.id)?.status == .sent)
    }

    @Test func `no final status ever changes`() async throws {
        let ids = try await self.test.add(3)
        try await self.test.process(.sent(at: self.now))
        try await self.test.process(.failed(.rejected, error: "No"))
        _ = try await self.test.queue.cancel(.message(ids[2]), now: self.now)
        for status in ["pending", "processing", "sent", "failed", "cancelled"] {
            for id in ids where try await self.test.message(id)?.status.rawValue != status {
                await #expect(throws: (any Error).self) {
                    try await self.test.execute(
                        """
                        UPDATE message SET status = '\(status)', wireId = coalesce(wireId, 'x'), device = 'dev1',
                            leaseUntil = 1, sentAt = 1, errorCode = 'x',
                            finishedAt = \(status.hasPrefix("p") ? "NULL" : "1") WHERE id = \(id)
                        """)
                }
            }
        }
    }
}
