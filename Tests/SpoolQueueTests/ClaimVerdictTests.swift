import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct ClaimVerdictTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `a candidate tells what is stored`() async throws {
        var row = request(7, ref: "r7", expiresAt: self.now + .seconds(90), priority: .high)
        row.timeZone = "Asia/Karachi"
        let ids = try await self.test.add([row], as: 1)
        let judge = ScriptedJudge()
        let claim = try await self.test.judge(judge)
        #expect(
            judge.seen == [
                Candidate(
                    id: ids[0], batch: BatchID(rawValue: 1), user: 1, priority: .high, recipient: row.recipient,
                    lane: .cold, timeZone: "Asia/Karachi", queuedAt: self.now, expiresAt: self.now + .seconds(90))
            ])
        #expect(claim.messages.map(\.id) == ids)
        #expect(claim.messages.map(\.lane) == [.cold])
        #expect((claim.others.isEmpty, claim.hasMore) == (true, false))
        #expect(try await self.test.values(Int.self, "SELECT lane FROM attempt") == [2])
    }

    @Test func `what has to wait waits until its moment, with the reason, and costs no attempt`() async throws {
        let ids = try await self.test.add(2)
        let until = self.now + .seconds(60)
        let claim = try await self.test.judge(ScriptedJudge([.wait(until: until, reason: "gap")]))
        #expect(claim.messages.map(\.id) == [ids[1]])
        #expect(claim.others.map(\.message) == [ids[0]])
        #expect(claim.others.map(\.verdict) == [.wait(until: until, reason: "gap")])
        let view = try #require(try await self.test.message(ids[0]))
        #expect((view.status, view.notBefore, view.reason) == (.pending, until, "gap"))
        #expect(try await self.test.attempts(of: ids[0]).isEmpty)
        #expect(try await self.test.judge(ScriptedJudge(), now: until - .milliseconds(1)).messages.isEmpty)
        #expect(try await self.test.queue.nextDue(for: .first) == until)
        #expect(try await self.test.judge(ScriptedJudge(), now: until).messages.map(\.id) == [ids[0]])
        #expect(try await self.test.queue.nextDue(for: .first) == nil)
    }

    @Test func `what had to wait and is due goes before what never had to`() async throws {
        let ids = try await self.test.add(5)
        let until = self.now + .seconds(60)
        let wait = Verdict.wait(until: until, reason: "gap")
        #expect(
            try await self.test.judge(ScriptedJudge([.send, wait, wait]), 2).messages.map(\.id) == [ids[0], ids[3]])
        #expect(
            try await self.test.judge(ScriptedJudge(), 9, now: until).messages.map(\.id) == [ids[1], ids[2], ids[4]])
    }

    @Test func `messages to one waiting recipient each get a moment of their own, once`() async throws {
        let count = 30
        let batch = (0..<count).map { index in
            MessageRequest(recipient: .phone("15550100007"), text: "Text \(index)")
        }
        let ids = try await self.test.add(batch, as: 1)
        let gap = Duration.seconds(60)
        let judge = ScriptedJudge { candidate in
            guard let last = candidate.facts.lastSlot else { return .send }
            return last + gap <= TestQueue.noon ? .send : .wait(until: last + gap, reason: "gap")
        }
        #expect(try await self.test.judge(judge, count).messages.map(\.id) == [ids[0]])
        #expect(judge.seen.count == count)
        let slots = try await self.test.values(Int64.self, "SELECT notBefore FROM message ORDER BY id")
        #expect(slots.dropFirst() == ArraySlice((1..<count).map { (self.now + .seconds(60 * $0)).milliseconds }))
        // Later than promised, each is asked about with the last message that was sent, not with what was promised to those
        // behind it.
        var asked = 0
        for index in 1..<count {
            let now = self.now + .seconds(60 * index)
            let judge = ScriptedJudge {
                $0.facts.lastSlot.map { $0 + gap <= now } ?? true ? .send : .wait(until: now + gap, reason: "gap")
            }
            #expect(try await self.test.judge(judge, now: now).messages.map(\.id) == [ids[index]])
            asked += judge.seen.count
        }
        #expect(asked == count - 1)
    }

    @Test func `held back too long, promised messages get new moments one behind the other`() async throws {
        let batch = (0..<4).map { MessageRequest(recipient: .phone("15550100007"), text: "Text \($0)") }
        try await self.test.add(batch, as: 1)
        func rule(_ now: Date) -> ScriptedJudge {
            ScriptedJudge { candidate in
                guard let last = candidate.facts.lastSlot, last + .seconds(60) > now else { return .send }
                return .wait(until: last + .seconds(60), reason: "gap")
            }
        }
        #expect(try await self.test.judge(rule(self.now), 9).messages.count == 1)
        let late = self.now + .seconds(3600)
        #expect(try await self.test.judge(rule(late), 9, now: late).messages.count == 1)
        let slots = try await self.test.values(
            Int64.self, "SELECT notBefore FROM message WHERE status = 'pending' ORDER BY notBefore")
        #expect(slots == [late + .seconds(60), late + .seconds(120)].map(\.milliseconds))
    }

    @Test func `a promise ends with its message`() async throws {
        let to = Recipient.phone("15550100007")
        try await self.test.add([MessageRequest(recipient: to, text: "A")], as: 1)
        _ = try await self.test.judge(ScriptedJudge([.wait(until: self.now + .seconds(90_000), reason: "gap")]))
        _ = try await self.test.queue.cancel(.batch(BatchID(rawValue: 1)), now: self.now)
        try await self.test.add([MessageRequest(recipient: to, text: "B")], as: 2)
        let judge = ScriptedJudge()
        _ = try await self.test.judge(judge)
        #expect(judge.seen.map(\.facts.lastSlot) == [nil])
    }

    @Test func `a hold stays until it is released, past the rule that held`() async throws {
        let ids = try await self.test.add(1)
        let failAt = self.now + .seconds(86_400)
        let hold = Verdict.hold(code: .duplicateMessage, reason: "held: the same text", failAt: failAt)
        #expect(try await self.test.judge(ScriptedJudge([hold])).messages.isEmpty)
        #expect(try await self.test.judge(ScriptedJudge(), now: failAt).messages.isEmpty)
        #expect(try await self.test.batch(1)?.held == 1)
        try await self.test.queue.release(.message(ids[0]), now: self.now)
        let judge = ScriptedJudge()
        #expect(try await self.test.judge(judge).messages.map(\.id) == ids)
        #expect(judge.seen.map(\.isReleased) == [true])
    }

    @Test func `a hold with an end fails with its code`() async throws {
        let ids = try await self.test.add(2)
        let failAt = self.now + .seconds(86_400)
        let hold = Verdict.hold(code: .duplicateMessage, reason: "the same text", failAt: failAt)
        let forever = Verdict.hold(code: .duplicateMessage, reason: "for a person", failAt: nil)
        _ = try await self.test.judge(ScriptedJudge([hold, forever]))
        #expect(try await self.test.queue.nextDue(after: self.now) == failAt)
        #expect(try await self.test.queue.failHeld(now: failAt - .milliseconds(1)) == 0)
        #expect(try await self.test.queue.failHeld(now: failAt) == 1)
        let view = try #require(try await self.test.message(ids[0]))
        #expect((view.status, view.errorCode) == (.failed, "DUPLICATE_MESSAGE"))
        #expect(view.error == "Held and not released in time: the same text")
        #expect(try await self.test.message(ids[1])?.status == .pending)
    }

    @Test func `a verdict may end a message`() async throws {
        let ids = try await self.test.add(2)
        let claim = try await self.test.judge(
            ScriptedJudge([.fail(.suppressed, error: "On the list"), .cancel(.cancelled, error: "No")]))
        #expect(claim.messages.isEmpty)
        let failed = try #require(try await self.test.message(ids[0]))
        #expect((failed.status, failed.errorCode, failed.error) == (.failed, "SUPPRESSED", "On the list"))
        let cancelled = try #require(try await self.test.message(ids[1]))
        #expect((cancelled.status, cancelled.errorCode, cancelled.error) == (.cancelled, "CANCELLED", "No"))
        #expect(try await self.test.batch(1)?.status == .settled)
    }

    @Test func `a change of lane takes the message where its lane is asked for`() async throws {
        let ids = try await self.test.add(1)
        #expect(try await self.test.judge(ScriptedJudge([.change(to: .known)]), lanes: [.cold]).messages.isEmpty)
        #expect(try await self.test.judge(ScriptedJudge(), lanes: [.cold, .reply]).messages.isEmpty)
        let claim = try await self.test.judge(ScriptedJudge(), lanes: [.known])
        #expect(claim.messages.map(\.id) == ids)
        #expect(claim.messages.map(\.lane) == [.known])
    }

    @Test func `a rule that never makes up its mind does not hold up the queue`() async throws {
        try await self.test.add(3)
        let judge = ScriptedJudge { .change(to: $0.lane) }
        var calls = 0
        while try await self.test.judge(judge).hasMore { calls += 1 }
        #expect(calls < 5)
        #expect(judge.seen.count == 6)
    }

    @Test func `a moment that has come already is not taken for one to wait for`() async throws {
        try await self.test.add(1)
        let judge = ScriptedJudge { _ in .wait(until: TestQueue.noon - .seconds(5), reason: "gap") }
        #expect(try await self.test.judge(judge).hasMore == false)
        #expect(judge.seen.count == 1)
    }

    @Test func `one call looks at so many only, and the next goes on there`() async throws {
        let ids = try await self.test.add(500)
        let parked = Set(ids.dropLast())
        let judge = ScriptedJudge {
            parked.contains($0.id) ? .wait(until: TestQueue.noon + .seconds(60), reason: "gap") : .send
        }
        var calls = 1
        var claim = try await self.test.judge(judge)
        while claim.hasMore {
            #expect(claim.messages.isEmpty)
            #expect(claim.others.count <= ClaimRun.usualEffort)
            claim = try await self.test.judge(judge)
            calls += 1
        }
        #expect(claim.messages.map(\.id) == [ids[499]])
        #expect(calls > 5)
        #expect(judge.seen.count == 500)
    }

    @Test func `lanes and priorities that are not asked for stay`() async throws {
        try await self.test.add([request(1, priority: .high), request(2), request(3, priority: .low)], as: 1)
        #expect(try await self.test.judge(ScriptedJudge(), 9, lanes: [.reply, .known]).messages.isEmpty)
        #expect(try await self.test.judge(ScriptedJudge(), 9, takesUnowned: false).messages.isEmpty)
        #expect(try await self.test.judge(ScriptedJudge(), 9, order: []).messages.isEmpty)
        #expect(
            try await self.test.judge(ScriptedJudge(), 9, order: [.low, .high]).messages.map(\.text) == [
                "Text 3", "Text 1",
            ])
    }
}
