import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

/// Whose message is next.
@Suite struct FairnessTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    private func addUser(_ name: String) async throws -> UserName {
        let user = try #require(UserName(rawValue: name))
        try await self.test.queue.addUser(user, now: self.now)
        return user
    }

    /// The batches of the next claims of one message each.
    private func turns(_ count: Int, for device: DeviceID = .first) async throws -> [Int64] {
        var batches: [Int64] = []
        for _ in 0..<count {
            batches += try await self.test.judge(ScriptedJudge(), for: device).messages.map(\.batch.rawValue)
        }
        return batches
    }

    @Test func `users take turns, then each user's batches`() async throws {
        let other = try await self.addUser("other")
        for batch: Int64 in 1...3 { try await self.test.add(4, as: batch) }
        try await self.test.add(4, as: 4, user: other)
        #expect(try await self.turns(8) == [1, 4, 2, 4, 3, 4, 1, 4])
        #expect(try await self.turns(8) == [2, 3, 1, 2, 3, 1, 2, 3])
    }

    @Test func `a thousand files of one user do not starve another`() async throws {
        let other = try await self.addUser("other")
        for batch: Int64 in 1...1000 { try await self.test.add([request(Int(batch))], as: batch) }
        try await self.test.add(3, as: 2000, user: other)
        #expect(try await self.turns(6).filter { $0 == 2000 }.count == 3)
    }

    @Test func `a new file waits for one turn of the others`() async throws {
        try await self.test.add(50, as: 1)
        try await self.test.add(50, as: 2)
        _ = try await self.turns(7)
        try await self.test.add(1, as: 3)
        #expect(try await self.turns(3).contains(3))
    }

    @Test func `pinned and other messages of a user take turns by file`() async throws {
        try await self.test.add((1...20).map { request($0, device: .first) }, as: 1)
        try await self.test.add([request(30)], as: 2)
        #expect(try await self.turns(3).contains(2))
    }

    @Test func `files whose messages all wait hold up nobody`() async throws {
        for batch: Int64 in 1...30 {
            try await self.test.add([request(Int(batch), sendAt: self.now + .seconds(60))], as: batch)
        }
        try await self.test.add(1, as: 40)
        #expect(try await self.turns(1) == [40])
        var later: [Int64] = []
        while later.count < 30 {
            let claim = try await self.test.judge(ScriptedJudge(), 100, now: self.now + .seconds(60))
            later += claim.messages.map(\.batch.rawValue)
            if !claim.hasMore { break }
        }
        #expect(later.sorted() == Array(1...30))
    }

    @Test func `another device's messages are not in the way`() async throws {
        for batch: Int64 in 1...200 { try await self.test.add([request(Int(batch), device: .second)], as: batch) }
        try await self.test.add(1, as: 300)
        let judge = ScriptedJudge()
        let claim = try await self.test.judge(judge)
        #expect(claim.messages.map(\.batch.rawValue) == [300])
        #expect(judge.seen.count == 1)
    }

    @Test func `what a line counts is what is pending in it`() async throws {
        try await self.test.add([request(1), request(2, device: .second), request(3, priority: .high)], as: 1)
        let backlog = try await self.test.reader.backlog()
        #expect(backlog.map(\.pending) == [1, 1, 1])
        #expect(Set(backlog.map(\.owner)) == [nil, .second])
        #expect(backlog.allSatisfy { $0.lane == .cold && $0.user == 1 && !$0.isHeld })
        _ = try await self.test.claim(9)
        #expect(try await self.test.reader.backlog().map(\.owner) == [.second])
    }
}
