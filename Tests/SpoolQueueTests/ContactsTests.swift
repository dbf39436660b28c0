import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

/// What becomes known of recipients, and what follows from it.
@Suite struct ContactsTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let number = "15550100007"

    init() throws {
        self.test = try TestQueue()
    }

    private func row(_ text: String, device: DeviceID? = nil) -> MessageRequest {
        MessageRequest(recipient: .phone(self.number), text: text, device: device)
    }

    private func owners() async throws -> [String] {
        try await self.test.values(String.self, "SELECT owner || ':' || lane FROM message ORDER BY id")
    }

    private func write(to device: DeviceID = .first, at moment: Date? = nil, from number: String? = nil) async throws {
        try await self.test.queue.recordInbound(
            from: number ?? self.number, to: device, at: moment ?? self.now, now: self.now)
    }

    @Test func `a recipient stays with the device that has written first`() async throws {
        try await self.test.add([self.row("A"), self.row("B")], as: 1)
        #expect(try await self.test.judge(ScriptedJudge(), for: .first).messages.count == 1)
        #expect(try await self.test.judge(ScriptedJudge(), 9, for: .second).messages.isEmpty)
        #expect(try await self.owners() == ["dev1:2", "dev1:2"])
        try await self.test.add([self.row("C")], as: 2)
        #expect(try await self.owners().last == "dev1:2")
        #expect(try await self.test.judge(ScriptedJudge(), 9, for: .first).messages.map(\.text).sorted() == ["B", "C"])
    }

    @Test func `what was given back before it left is anybody's again`() async throws {
        try await self.test.add([self.row("A")], as: 1)
        try await self.test.process(.returned(reason: "Lost"))
        #expect(try await self.owners() == [":2"])
        #expect(try await self.test.claim(for: .second).count == 1)
    }

    @Test func `what was given back stays where the recipient is known`() async throws {
        try await self.write()
        try await self.test.add([self.row("A")], as: 1)
        try await self.test.process(.returned(reason: "Lost"))
        #expect(try await self.owners() == ["dev1:0"])
    }

    @Test func `who writes is answered by the device that was written to`() async throws {
        try await self.test.add([self.row("A"), self.row("B", device: .second)], as: 1)
        try await self.write()
        #expect(try await self.owners() == ["dev1:0", "dev2:2"])
        let judge = ScriptedJudge()
        #expect(try await self.test.judge(judge, lanes: [.reply]).messages.map(\.lane) == [.reply])
        #expect(judge.seen.map(\.facts.lastInbound) == [self.now])
        #expect(judge.seen.map(\.facts.isKnown) == [true])
    }

    @Test func `who has written to another device keeps the first`() async throws {
        try await self.test.add([self.row("A")], as: 1)
        try await self.test.process(.sent(at: self.now))
        try await self.write(to: .second)
        try await self.test.add([self.row("B")], as: 2)
        #expect(try await self.owners() == ["dev1:2", "dev1:2"])
    }

    @Test func `an old message from a recipient makes it known only`() async throws {
        try await self.test.add([self.row("A", device: .first)], as: 1)
        try await self.write(at: self.now - .seconds(90_000))
        #expect(try await self.owners() == ["dev1:1"])
        try await self.test.add([self.row("B")], as: 2)
        #expect(try await self.owners().last == "dev1:1")
    }

    @Test func `a receipt that was read makes strangers known, one that arrived does not`() async throws {
        try await self.test.add([self.row("A"), self.row("B")], as: 1)
        let sent = try #require(try await self.test.process(.sent(at: self.now)))
        _ = try await self.test.judge(ScriptedJudge([.wait(until: self.now + .seconds(60), reason: "gap")]))
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: sent.wireID, deliveredAt: self.now)], now: self.now)
        #expect(try await self.owners() == ["dev1:2", "dev1:2"])
        try await self.test.queue.recordReceipts(
            [Receipt(wireID: sent.wireID, deliveredAt: self.now, readAt: self.now)], now: self.now)
        #expect(try await self.owners() == ["dev1:2", "dev1:1"])
        try await self.test.add([self.row("C")], as: 2)
        #expect(try await self.owners().last == "dev1:1")
    }

    @Test func `strangers who do not answer are counted over all devices until they do`() async throws {
        let rows = [self.row("A"), self.row("B", device: .second), self.row("C"), self.row("D")]
        for (index, row) in rows.enumerated() { try await self.test.add([row], as: Int64(index + 1)) }
        let judge = ScriptedJudge()
        for (device, day) in [(DeviceID.first, 0), (.second, 1), (.first, 30)] {
            _ = try await self.test.judge(judge, for: device, now: self.now + .seconds(86_400 * day))
        }
        #expect(judge.seen.map(\.facts.unanswered) == [0, 1, 1])
        #expect(judge.seen.map(\.facts.lastUnanswered) == [nil, self.now, self.now + .seconds(86_400)])
        let later = self.now + .seconds(86_400 * 32)
        try await self.test.queue.recordInbound(from: self.number, to: .second, at: later, now: later)
        _ = try await self.test.judge(judge, now: later)
        #expect(judge.seen.last?.facts.unanswered == 0)
        #expect(judge.seen.last?.facts.isKnown == false)
    }

    @Test(arguments: [Settlement.failed(.notOnWhatsApp, error: "No account"), .returned(reason: "Lost")])
    func `what did not reach anybody is not unanswered`(settlement: Settlement) async throws {
        try await self.test.add([self.row("A")], as: 1)
        try await self.test.add([self.row("B")], as: 2)
        try await self.test.process(settlement)
        let judge = ScriptedJudge()
        _ = try await self.test.judge(judge)
        #expect(judge.seen.map(\.facts.unanswered) == [0])
    }

    @Test func `a group is known, and nobody's contact`() async throws {
        try await self.test.add([MessageRequest(recipient: .group("120363@g.us"), text: "A")], as: 1)
        let judge = ScriptedJudge()
        let claimed = try #require(try await self.test.judge(judge).messages.first)
        #expect(claimed.lane == .known)
        #expect(judge.seen.map(\.facts.isKnown) == [true])
        try await self.test.settle(claimed, .sent(at: self.now))
        #expect(
            try await self.test.count("SELECT (SELECT count(*) FROM contact) + (SELECT count(*) FROM recipient)") == 0)
    }

    @Test func `a block lasts, and is counted until something arrives`() async throws {
        try await self.test.add([self.row("A"), self.row("B")], as: 1)
        let until = self.now + .seconds(86_400)
        let sent = try #require(try await self.test.process(.sent(at: self.now)))
        #expect(try await self.test.queue.block(.phone(self.number), until: self.now) == 1)
        #expect(try await self.test.queue.block(.phone(self.number), until: until) == 2)
        let judge = ScriptedJudge([.wait(until: until, reason: "not reachable")])
        _ = try await self.test.judge(judge)
        #expect(judge.seen.map(\.facts.blockedUntil) == [until])
        try await self.test.queue.recordReceipts([Receipt(wireID: sent.wireID, deliveredAt: self.now)], now: self.now)
        #expect(try await self.test.queue.block(.phone(self.number), until: until) == 1)
    }

    @Test(arguments: [
        ("5511987654321", "551187654321"), ("551187654321", "5511987654321"), ("5215512345678", "525512345678"),
        ("525512345678", "5215512345678"), ("5491112345678", "541112345678"), ("541112345678", "5491112345678"),
    ])
    func `an account may write from the other form of its number`(from: String, stored: String) async throws {
        #expect(NumberForms.of(from) == [from, stored])
        try await self.test.add([MessageRequest(recipient: .phone(stored), text: "A", device: .first)], as: 1)
        try await self.write(from: from)
        #expect(try await self.owners() == ["dev1:0"])
    }

    @Test(arguments: ["15550100007", "551133445566", "5512", "", "55é119876543", "54911123456789"])
    func `no other number is guessed`(number: String) {
        #expect(NumberForms.of(number) == [number])
    }

    @Test func `only the last 32 unanswered moments are kept, in the form they were stored`() {
        var times = UnansweredTimes()
        for index in 0..<40 { times.add(TestQueue.noon.milliseconds + Int64(index)) }
        let read = UnansweredTimes(times.bytes)
        #expect(read.count(at: self.now) == 32)
        #expect(read.last == self.now + .milliseconds(39))
        #expect(UnansweredTimes([1, 2, 3]).count(at: self.now) == 0)
    }
}
