import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct SameTextTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let number = Recipient.phone("15550100007")

    init() throws {
        self.test = try TestQueue()
    }

    private func add(_ text: String, ref: String? = nil, to other: Recipient? = nil, as batch: Int64) async throws {
        try await self.test.add([MessageRequest(recipient: other ?? self.number, text: text, ref: ref)], as: batch)
    }

    /// Claims the next message and says whether it repeats one.
    private func repeats(at moment: Date? = nil) async throws -> Bool? {
        let judge = ScriptedJudge()
        _ = try await self.test.judge(judge, now: moment ?? self.now)
        return judge.seen.first?.repeatsText
    }

    @Test func `the same text to the same number repeats`() async throws {
        try await self.add("Your order has been shipped.", as: 1)
        try await self.add("  your order\n has been  SHIPPED. ", as: 2)
        #expect(try await self.repeats() == false)
        #expect(try await self.repeats() == true)
    }

    @Test(arguments: ["Your order has been shipped", "Your order hasbeen shipped.", "Dein Päckchen", "dein päckchen!"])
    func `another text does not`(text: String) async throws {
        try await self.add("Your order has been shipped.", as: 1)
        try await self.add("Dein PÄCKCHEN", as: 2)
        try await self.add(text, as: 3)
        for _ in 0..<3 { #expect(try await self.repeats() == false) }
    }

    @Test func `another number does not, nor does a text a day before`() async throws {
        try await self.add("Hello", as: 1)
        try await self.add("Hello", to: .phone("15550100008"), as: 2)
        #expect(try await self.repeats() == false)
        #expect(try await self.repeats() == false)
        try await self.add("Hello", as: 3)
        #expect(try await self.repeats(at: self.now + .seconds(86_400)) == false)
    }

    @Test func `refs that differ make two messages of one text`() async throws {
        try await self.add("Hello", ref: "a", as: 1)
        try await self.add("Hello", ref: "b", as: 2)
        try await self.add("Hello", as: 3)
        try await self.add("Hello", ref: "c", as: 4)
        #expect(try await self.repeats() == false)
        #expect(try await self.repeats() == false)
        #expect(try await self.repeats() == true)
        #expect(try await self.repeats() == true)
    }

    @Test func `what failed, was cancelled or never left is no first one`() async throws {
        for batch: Int64 in 1...3 { try await self.add("Hello", as: batch) }
        try await self.test.process(.failed(.rejected, error: "No"))
        #expect(try await self.repeats() == false)
        #expect(try await self.repeats() == true)
    }

    @Test func `a message does not repeat itself`() async throws {
        try await self.add("Hello", as: 1)
        try await self.test.process(.deferred(until: self.now, code: "503", reason: "Busy"))
        #expect(try await self.repeats() == false)
    }

    @Test func `a text of white space says nothing`() {
        #expect(TextHash.of(" \n\t ") == nil)
        #expect(TextHash.of("") == nil)
        #expect(TextHash.of("a") != nil)
        #expect(TextHash.of("ab c") != TextHash.of("a bc"))
    }
}
