import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct SuppressionTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let number = "15550100007"

    init() throws {
        self.test = try TestQueue()
    }

    private func add(_ text: String, as batch: Int64, user: UserName = .default) async throws -> QueueID {
        let row = MessageRequest(recipient: .phone(self.number), text: text)
        return try #require(try await self.test.add([row], as: batch, user: user).first)
    }

    private func states() async throws -> [String] {
        try await self.test.values(
            String.self, "SELECT status || ':' || coalesce(errorCode, '') FROM message ORDER BY id")
    }

    @Test func `an opt-out lists the number for everybody who wrote, and cancels what is pending for them`()
        async throws
    {
        try await self.test.queue.addUser(.shop, now: self.now)
        let third = try #require(UserName(rawValue: "third"))
        try await self.test.queue.addUser(third, now: self.now)
        _ = try await self.add("A", as: 1)
        _ = try await self.add("B", as: 2, user: .shop)
        for _ in 0..<2 { try await self.test.process(.sent(at: self.now)) }
        _ = try await self.add("C", as: 3)
        _ = try await self.add("D", as: 4, user: .shop)
        _ = try await self.add("E", as: 5, user: third)
        let optOut = try await self.test.queue.optOut(self.number, from: .first, now: self.now)
        #expect(optOut == OptOut(users: [1, 2], cancelled: 2))
        #expect(
            try await self.states() == ["sent:", "sent:", "cancelled:SUPPRESSED", "cancelled:SUPPRESSED", "pending:"])
        #expect(
            try await self.test.reader.suppressions(limit: 9)
                == [UserName.default, .shop].map {
                    SuppressedNumber(user: $0, number: self.number, addedAt: self.now, source: "reply")
                })
        #expect(try await self.test.reader.suppressions(of: third, limit: 9).isEmpty)
    }

    @Test func `who wrote from another device is not meant`() async throws {
        _ = try await self.add("A", as: 1)
        try await self.test.process(.sent(at: self.now))
        #expect(
            try await self.test.queue.optOut(self.number, from: .second, now: self.now)
                == OptOut(users: [], cancelled: 0))
    }

    @Test func `what is under way is cancelled if its attempt comes to nothing`() async throws {
        let id = try await self.add("A", as: 1)
        let claimed = try #require(try await self.test.claim().first)
        #expect(try await self.test.queue.optOut(self.number, from: .first, now: self.now).users == [1])
        try await self.test.settle(claimed, .deferred(until: self.now, code: "503", reason: "Busy"))
        let view = try #require(try await self.test.message(id))
        #expect((view.status, view.errorCode, view.error) == (.cancelled, "SUPPRESSED", MessageQueue.suppressedError))
    }

    @Test func `later rows to a listed number fail at import, in files of any size`() async throws {
        try await self.test.queue.suppress([self.number], of: .default, source: "person", now: self.now)
        let id = try await self.add("A", as: 1)
        let view = try #require(try await self.test.message(id))
        #expect((view.status, view.errorCode, view.error) == (.failed, "SUPPRESSED", MessageQueue.suppressedError))
        #expect(view.finishedAt == self.now)
        let batch = try #require(try await self.test.batch(1))
        #expect((batch.status, batch.total, batch.failed, batch.refused) == (.settled, 1, 1, 0))
        let many = try await self.test.add(
            [request(1), MessageRequest(recipient: .phone(self.number), text: "B")], as: 2)
        #expect(many.count == 2)
        #expect(try await self.states() == ["failed:SUPPRESSED", "pending:", "failed:SUPPRESSED"])
        #expect(try await self.test.claim(9).count == 1)
    }

    @Test func `a number that was listed after the import is seen by the one who decides`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        _ = try await self.add("A", as: 1)
        try await self.test.execute("INSERT INTO suppression VALUES (1, '\(self.number)', 0, 'test')")
        _ = try await self.add("B", as: 2, user: .shop)
        let judge = ScriptedJudge()
        _ = try await self.test.judge(judge, 2)
        #expect(judge.seen.map(\.facts.isSuppressed) == [true, false])
    }

    @Test func `a start word takes the number off all the lists it is on`() async throws {
        _ = try await self.add("A", as: 1)
        try await self.test.process(.sent(at: self.now))
        _ = try await self.test.queue.optOut(self.number, from: .first, now: self.now)
        #expect(try await self.test.queue.optIn(self.number, to: .first))
        #expect(try await self.test.queue.optIn(self.number, to: .first) == false)
        #expect(try await self.test.reader.suppressions(limit: 9).isEmpty)
        _ = try await self.add("B", as: 2)
        #expect(try await self.states() == ["sent:", "pending:"])
    }

    @Test func `both forms of a number are listed, whichever was written to`() async throws {
        let row = MessageRequest(recipient: .phone("551187654321"), text: "A")
        try await self.test.add([row, row], as: 1)
        try await self.test.process(.sent(at: self.now))
        let optOut = try await self.test.queue.optOut("5511987654321", from: .first, now: self.now)
        #expect(optOut == OptOut(users: [1], cancelled: 1))
        #expect(try await self.test.reader.suppressions(limit: 9).map(\.number) == ["551187654321", "5511987654321"])
        #expect(try await self.test.queue.optIn("5511987654321", to: .first))
        #expect(try await self.test.reader.suppressions(limit: 9).isEmpty)
    }

    @Test func `a list is kept by hand and read in pages`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        let numbers = (0..<5).map { "1555010000\($0)" }
        _ = try await self.add("A", as: 1)
        #expect(
            try await self.test.queue.suppress(numbers + [self.number], of: .default, source: "person", now: self.now)
                == 1)
        try await self.test.queue.suppress(numbers, of: .shop, source: "person", now: self.now)
        var listed: [String] = []
        var last: SuppressedNumber?
        repeat {
            let page = try await self.test.reader.suppressions(after: last, limit: 2)
            listed += page.map(\.number)
            last = page.last
        } while last != nil
        #expect(listed == numbers + [self.number] + numbers)
        #expect(try await self.test.queue.unsuppress([numbers[0], "1"], of: .shop) == 1)
        #expect(try await self.test.reader.suppressions(of: .shop, limit: 9).map(\.number) == Array(numbers[1...]))
        await #expect(throws: QueueError.self) {
            try await self.test.queue.suppress(
                ["1"], of: try #require(UserName(rawValue: "nobody")), source: "x", now: self.now)
        }
    }
}
