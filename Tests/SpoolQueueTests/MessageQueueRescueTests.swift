import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueRescueTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let later = TestQueue.noon + .seconds(60)

    init() throws {
        self.test = try TestQueue()
    }

    private func resolve(
        _ policy: UncertainPolicy, of device: DeviceID = .first, retryAt: Date? = TestQueue.noon + .seconds(360)
    ) async throws -> Int {
        try await self.test.queue.resolveUncertain(
            of: device, since: self.later, policy: policy, now: self.later
        ) { _, _ in retryAt }
    }

    @Test func `every abandoned claim becomes uncertain`() async throws {
        let ids = try await self.test.add(4)
        try await self.test.process(.sent(at: self.now))
        try await self.test.process(.uncertain(detail: "No answer"))
        _ = try await self.test.claim()
        #expect(try await self.test.queue.rescueAbandonedClaims(now: self.later) == 1)
        #expect(try await self.test.queue.rescueAbandonedClaims(now: self.later + .seconds(1)) == 0)
        let view = try #require(try await self.test.message(ids[2]))
        #expect((view.status, view.reason) == (.processing, "uncertain: the daemon stopped before an answer"))
        let attempt = try #require(try await self.test.attempts(of: ids[2]).first)
        #expect((attempt.outcome, attempt.endedAt) == ("uncertain", self.later))
        #expect(try await self.test.attempts(of: ids[1]).first?.detail == "No answer")
        #expect(try await self.test.message(ids[3])?.status == .pending)
        #expect(try await self.test.queue.oldestUncertain(of: .first) == self.now)
        #expect(try await self.test.queue.oldestUncertain(of: .second) == nil)
    }

    @Test func `a claim survives the daemon's death on disk`() async throws {
        let directory = try TemporaryDirectory()
        let before = try TestQueue(in: directory)
        try await before.add(1)
        let claimed = try #require(try await before.claim().first)

        let after = try TestQueue(in: directory)
        #expect(try await after.queue.rescueAbandonedClaims(now: self.later) == 1)
        #expect(try await after.message(claimed.id)?.wireID == claimed.wireID)
    }

    @Test func `resend sends again on the same device under the same wire id`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        #expect(try await self.resolve(.resend) == 1)
        let view = try #require(try await self.test.message(first.id))
        #expect((view.status, view.notBefore) == (.pending, self.now + .seconds(360)))
        #expect(view.reason == "uncertain: will be sent again under the same message id")
        #expect(try await self.test.claim(10, now: self.now + .seconds(359)).isEmpty)
        #expect(try await self.test.claim(10, for: .second, now: self.now + .seconds(360)).isEmpty)
        let again = try #require(try await self.test.claim(10, now: self.now + .seconds(360)).first)
        #expect((again.id, again.wireID, again.attempt) == (first.id, first.wireID, 2))
        #expect(again.firstAttemptAt == self.now)
    }

    @Test func `resend gives up when there is no time left for a retry`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        #expect(try await self.resolve(.resend, retryAt: nil) == 1)
        let view = try #require(try await self.test.message(first.id))
        #expect((view.status, view.errorCode, view.finishedAt) == (.failed, "ATTEMPTS_EXHAUSTED", self.later))
    }

    @Test func `hold waits for a person, on the same device`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        #expect(try await self.resolve(.hold) == 1)
        #expect(try await self.test.message(first.id)?.reason == "held: uncertain whether it was sent")
        #expect(try await self.test.batch(1)?.held == 1)
        #expect(try await self.test.claim(10, now: self.now + .seconds(99999)).isEmpty)
        try await self.test.execute("UPDATE message SET heldAt = NULL")
        #expect(try await self.test.claim(10, for: .second).isEmpty)
        #expect(try await self.test.claim(10).first?.wireID == first.wireID)
    }

    @Test func `fail gives the message up`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.uncertain(detail: "No answer")))
        #expect(try await self.resolve(.fail) == 1)
        let view = try #require(try await self.test.message(first.id))
        #expect((view.status, view.errorCode) == (.failed, "ATTEMPTS_EXHAUSTED"))
        #expect(view.error == "No answer from the server: it is uncertain whether the message was sent")
        #expect(try await self.test.batch(1)?.status == .settled)
    }

    @Test func `only the device's own and only old enough attempts are settled`() async throws {
        try await self.test.add(4)
        let old = try #require(try await self.test.process(.uncertain(detail: "1"), now: self.now))
        let young = try #require(
            try await self.test.process(.uncertain(detail: "2"), now: self.later + .milliseconds(1)))
        let other = try #require(try await self.test.process(.uncertain(detail: "3"), for: .second))
        let flying = try #require(try await self.test.claim().first)
        #expect(try await self.resolve(.fail) == 1)
        #expect(try await self.test.message(old.id)?.status == .failed)
        for message in [young, other, flying] {
            #expect(try await self.test.message(message.id)?.status == .processing)
        }
    }

    @Test func `the retry moment depends on the attempts so far`() async throws {
        try await self.test.add(1)
        try await self.test.process(.deferred(until: self.now, code: "503", reason: "Busy"), now: self.now)
        try await self.test.process(.uncertain(detail: "No answer"), now: self.now + .seconds(5))
        let (now, later) = (self.now, self.later)
        try await self.test.queue.resolveUncertain(of: .first, since: later, policy: .resend, now: later) {
            attempts, first in
            attempts == 2 && first == now ? later + .seconds(7) : nil
        }
        #expect(try await self.test.queue.nextDue(after: self.now) == self.later + .seconds(7))
    }

    // MARK: Devices that do not come back

    private func giveUp(_ since: Date?) async throws -> Int {
        try await self.test.queue.giveUpUncertain(
            of: .first, since: since, state: "unlinked: logged out", now: self.later)
    }

    @Test func `what was uncertain for too long is given up, and nothing else`() async throws {
        try await self.test.add(4)
        let old = try #require(try await self.test.process(.uncertain(detail: "No answer"), now: self.now))
        let young = try #require(
            try await self.test.process(.uncertain(detail: "No answer"), now: self.now + .seconds(1)))
        let other = try #require(try await self.test.process(.uncertain(detail: "No answer"), for: .second))
        let flying = try #require(try await self.test.claim().first)
        #expect(try await self.giveUp(nil) == 0)
        #expect(try await self.giveUp(self.now) == 1)
        #expect(try await self.giveUp(self.now) == 0)
        let view = try #require(try await self.test.message(old.id))
        #expect((view.status, view.errorCode, view.finishedAt) == (.failed, "ATTEMPTS_EXHAUSTED", self.later))
        #expect(
            view.error == "Given up without an answer, since device dev1 is unlinked: logged out: "
                + "it is uncertain whether the message was sent")
        #expect(try await self.test.count("SELECT count(*) FROM message WHERE isUncertain = 1") == 1)
        for message in [young, other, flying] {
            #expect(try await self.test.message(message.id)?.status == .processing)
        }
    }

    @Test func `what has expired or was cancelled is given up at once`() async throws {
        try await self.test.add(
            [request(1, expiresAt: self.later), request(2), request(3, expiresAt: self.later + .seconds(1))], as: 1)
        var messages: [ClaimedMessage] = []
        for _ in 0..<3 { messages.append(try #require(try await self.test.process(.uncertain(detail: "No answer")))) }
        _ = try await self.test.queue.cancel(.message(messages[1].id), now: self.now)
        #expect(try await self.giveUp(nil) == 2)
        var errors: [String?] = []
        for message in messages { errors.append(try await self.test.message(message.id)?.error) }
        #expect(errors[0]?.hasPrefix("Expired without an answer") == true)
        #expect(errors[1]?.hasPrefix("Cancelled without an answer") == true)
        #expect(errors[2] == nil)
    }

    // MARK: A clock that was ahead

    @Test func `what became uncertain in the future counts as uncertain since now`() async throws {
        try await self.test.add(2)
        try await self.test.process(.uncertain(detail: "No answer"), now: self.now)
        try await self.test.process(.uncertain(detail: "No answer"), now: self.now + .seconds(86400))
        #expect(try await self.resolve(.hold) == 1)
        try await self.test.queue.correctTimes(now: self.later)
        #expect(try await self.test.queue.oldestUncertain(of: .first) == self.later)
        #expect(try await self.resolve(.hold) == 1)
    }

    @Test func `what was put off in the future is due, and what is to be sent later is not`() async throws {
        let ahead = self.now + .seconds(365 * 86400)
        let scheduled = self.now + .seconds(7200)
        let ids = try await self.test.add([request(1), request(2), request(3), request(4, sendAt: scheduled)], as: 1)
        try await self.test.process(.deferred(until: self.now + .seconds(300), code: "503", reason: "Busy"))
        try await self.test.execute("UPDATE message SET heldAt = 1 WHERE id <> \(ids[1])")
        try await self.test.process(.deferred(until: ahead, code: "503", reason: "Busy"), now: ahead)
        try await self.test.execute("UPDATE message SET heldAt = NULL")
        // Those two were due only because the clock was ahead; nothing of them has left.
        let returned = try await self.test.claim(2, now: ahead - .seconds(1))
        #expect(returned.map(\.id) == [ids[0], ids[3]])
        for message in returned { try await self.test.settle(message, .returned(reason: "Lost"), now: ahead) }
        try await self.test.queue.correctTimes(now: self.now)
        #expect(try await self.test.message(ids[0])?.notBefore == self.now + .seconds(300))
        #expect(try await self.test.message(ids[1])?.notBefore == self.now)
        #expect(try await self.test.message(ids[3])?.notBefore == scheduled)
        let due = try #require(try await self.test.claim(10, now: self.now).first { $0.id == ids[1] })
        #expect(due.firstAttemptAt == self.now)
    }

    @Test func `what only a lost device may send fails`() async throws {
        let ids = try await self.test.add(
            [request(1, device: .second), request(2, device: .first), request(3), request(4, device: .second)], as: 1)
        let claimed = try await self.test.claim(2, for: .second)
        #expect(claimed.map(\.id) == [ids[0], ids[3]])
        try await self.test.settle(claimed[0], .uncertain(detail: "No answer"))
        try await self.test.settle(claimed[1], .returned(reason: "Lost"))
        #expect(try await self.test.queue.failOrphans(known: [.first], now: self.later) == 2)
        #expect(try await self.test.queue.failOrphans(known: [.first], now: self.later) == 0)
        for id in [ids[0], ids[3]] {
            let view = try #require(try await self.test.message(id))
            #expect((view.status, view.errorCode, view.finishedAt) == (.failed, "DEVICE_LOST", self.later))
            #expect(view.error == "Its device dev2 does not exist any more")
        }
        #expect(try await self.test.claim(10).map(\.id) == [ids[1], ids[2]])
    }

    @Test func `without any device every pinned message fails and no other`() async throws {
        let ids = try await self.test.add([request(1, device: .first), request(2)], as: 1)
        #expect(try await self.test.queue.failOrphans(known: [], now: self.later) == 1)
        #expect(try await self.test.message(ids[1])?.status == .pending)
    }

    @Test func `an attempt that is under way on a lost device is left to its outcome`() async throws {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        #expect(try await self.test.queue.failOrphans(known: [.second], now: self.later) == 0)
        try await self.test.settle(claimed, .sent(at: self.later))
    }

    @Test func `orphans of a file that is still being imported wait for its end`() async throws {
        let seed = self.test.seed(1)
        try await self.test.queue.append(rows([request(1, device: .second)]), to: seed, now: self.now)
        #expect(try await self.test.queue.failOrphans(known: [.first], now: self.later) == 0)
        #expect(try await self.test.queue.finishImport([], of: seed, isStrict: false, now: self.now) == nil)
        #expect(try await self.test.queue.failOrphans(known: [.first], now: self.later) == 1)
        #expect(try await self.test.batch(1)?.failedMessages == 1)
    }
}
