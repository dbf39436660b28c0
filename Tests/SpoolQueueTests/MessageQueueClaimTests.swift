import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolQueue

@Suite struct MessageQueueClaimTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `a claim returns what is stored`() async throws {
        let ids = try await self.test.add(2)
        let claimed = try await self.test.claim(2)
        #expect(
            claimed.map { $0 }
                == zip(ids, claimed).enumerated().map { index, pair in
                    ClaimedMessage(
                        id: pair.0, batch: BatchID(rawValue: 1), device: .first, wireID: pair.1.wireID,
                        recipient: request(1000 + index).recipient, text: "Text \(1000 + index)", attempt: 1,
                        firstAttemptAt: self.now)
                })
        #expect(Set(claimed.map(\.wireID)).count == 2)
        for message in claimed {
            let view = try #require(try await self.test.message(message.id))
            #expect((view.status, view.device, view.wireID) == (.processing, .first, message.wireID))
            let attempts = try await self.test.attempts(of: message.id)
            #expect(
                attempts == [
                    AttemptView(
                        number: 1, device: .first, startedAt: self.now, endedAt: nil, outcome: nil, code: nil,
                        detail: nil)
                ])
        }
        #expect(
            try await self.test.values(Int64.self, "SELECT DISTINCT leaseUntil FROM message")
                == [(self.now + .seconds(90)).milliseconds])
    }

    @Test func `a claim takes no more than its limit`() async throws {
        try await self.test.add(5)
        #expect(try await self.test.claim(0).isEmpty)
        #expect(try await self.test.claim(3).count == 3)
        #expect(try await self.test.claim(3).count == 2)
        #expect(try await self.test.claim(3).isEmpty)
    }

    @Test func `two claimers at once never share a message`() async throws {
        let directory = try TemporaryDirectory()
        let test = try TestQueue(in: directory)
        let ids = try await test.add(300)
        let claimed = try await withThrowingTaskGroup(of: [QueueID].self) { group in
            for claimer in 0..<8 {
                group.addTask {
                    var mine: [QueueID] = []
                    while true {
                        let messages = try await test.claim(7, for: claimer % 2 == 0 ? .first : .second)
                        guard !messages.isEmpty else { return mine }
                        mine += messages.map(\.id)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.sorted() == ids)
    }

    @Test func `two connections never share a message`() async throws {
        let directory = try TemporaryDirectory()
        let one = try TestQueue(in: directory)
        let other = MessageQueue(try QueueDatabase.open(path: directory.path("queue.db")))
        let ids = try await one.add(60)
        async let first = one.claim(30)
        async let second = other.claim(upTo: 30, for: .second, lease: .seconds(90), now: self.now) {
            WireMessageID(rawValue: UUID().uuidString)
        }
        #expect(try await (first + second).map(\.id).sorted() == ids)
    }

    @Test func `high goes before normal before low, within a file and across files`() async throws {
        try await self.test.add([request(1, priority: .low), request(2), request(3, priority: .high)], as: 1)
        try await self.test.add([request(4, priority: .low), request(5), request(6, priority: .high)], as: 2)
        let texts = try await self.test.claim(6).map(\.text)
        #expect(texts.prefix(2).sorted() == ["Text 3", "Text 6"])
        #expect(texts.dropFirst(2).prefix(2).sorted() == ["Text 2", "Text 5"])
        #expect(texts.suffix(2).sorted() == ["Text 1", "Text 4"])
    }

    @Test func `a pinned message goes to its device only, and before the rest of its priority`() async throws {
        try await self.test.add(
            [request(1), request(2, device: .second), request(3, priority: .high), request(4, device: .first)], as: 1)
        #expect(try await self.test.claim(10, for: .first).map(\.text) == ["Text 3", "Text 4", "Text 1"])
        #expect(try await self.test.claim(10, for: DeviceID(rawValue: "dev3")).isEmpty)
        #expect(try await self.test.claim(10, for: .second).map(\.text) == ["Text 2"])
    }

    @Test func `a held batch and a held message stay`() async throws {
        let held = try await self.test.add(2, as: 1)
        let ids = try await self.test.add(2, as: 2)
        try await self.test.execute("UPDATE batch SET heldAt = 1 WHERE id = 1")
        try await self.test.execute("UPDATE message SET heldAt = 1 WHERE id = \(ids[0])")
        #expect(try await self.test.claim(10).map(\.id) == [ids[1]])
        #expect(try await self.test.batch(1)?.status == .held)
        #expect(try await self.test.batch(1)?.held == 2)
        #expect(try await self.test.batch(2)?.held == 1)
        try await self.test.execute("UPDATE batch SET heldAt = NULL")
        try await self.test.execute("UPDATE message SET heldAt = NULL")
        #expect(try await self.test.claim(10).map(\.id).sorted() == (held + [ids[0]]).sorted())
    }

    @Test func `a message is claimed from its sendAt on`() async throws {
        try await self.test.add([request(1, sendAt: self.now + .seconds(60)), request(2)], as: 1)
        #expect(try await self.test.claim(10).map(\.text) == ["Text 2"])
        #expect(try await self.test.claim(10, now: self.now + .milliseconds(59999)).isEmpty)
        #expect(try await self.test.claim(10, now: self.now + .seconds(60)).map(\.text) == ["Text 1"])
    }

    @Test func `a message is not claimed from its expiresAt on`() async throws {
        try await self.test.add(
            [request(1, expiresAt: self.now + .seconds(60)), request(2, expiresAt: self.now)], as: 1)
        #expect(try await self.test.claim(1, now: self.now + .milliseconds(59999)).map(\.text) == ["Text 1"])
        let late = try await self.test.add([request(3, expiresAt: self.now + .seconds(60))], as: 2)
        #expect(try await self.test.claim(10, now: self.now + .seconds(60)).isEmpty)
        let view = try #require(try await self.test.message(late[0]))
        #expect((view.status, view.errorCode) == (.failed, "EXPIRED"))
    }

    @Test func `the next due moment is the first sendAt or expiresAt ahead`() async throws {
        #expect(try await self.test.queue.nextDue(after: self.now) == nil)
        try await self.test.add([request(1)], as: 1)
        #expect(try await self.test.queue.nextDue(after: self.now) == nil)
        try await self.test.add(
            [
                request(2, sendAt: self.now - .seconds(5)), request(3, sendAt: self.now + .seconds(50)),
                request(4, expiresAt: self.now + .seconds(40)), request(5, sendAt: self.now + .seconds(30)),
            ], as: 2)
        #expect(try await self.test.queue.nextDue(after: self.now) == self.now + .seconds(30))
        #expect(try await self.test.queue.nextDue(after: self.now + .seconds(30)) == self.now + .seconds(40))
        #expect(try await self.test.queue.nextDue(after: self.now + .seconds(40)) == self.now + .seconds(50))
        #expect(try await self.test.queue.nextDue(after: self.now + .seconds(50)) == nil)
    }

    @Test func `batches take turns`() async throws {
        for batch: Int64 in 1...3 { try await self.test.add(3, as: batch) }
        let turns = try await self.test.claim(9).map(\.batch.rawValue)
        #expect(turns == [1, 2, 3, 1, 2, 3, 1, 2, 3])
    }

    @Test func `a small file does not wait behind a large one`() async throws {
        try await self.test.add(50, as: 1)
        _ = try await self.test.claim(10)
        try await self.test.add(1, as: 2)
        #expect(try await self.test.claim(2).map(\.batch.rawValue).contains(2))
    }

    @Test func `a stream of small files does not starve a large one`() async throws {
        try await self.test.add(50, as: 1)
        var served: [Int64] = []
        for batch: Int64 in 2...31 {
            try await self.test.add(2, as: batch)
            served += try await self.test.claim(1).map(\.batch.rawValue)
        }
        #expect(served.filter { $0 == 1 }.count >= 3)
    }

    @Test func `a message keeps its wire id for life`() async throws {
        try await self.test.add(1)
        let first = try #require(try await self.test.process(.deferred(until: self.now, code: "503", reason: "Later")))
        try await self.test.execute("UPDATE message SET owner = 'dev2'")
        let second = try #require(try await self.test.process(.returned(reason: "Lost"), for: .second))
        try await self.test.execute("UPDATE message SET owner = 'dev1'")
        let third = try #require(try await self.test.claim().first)
        #expect(second.wireID == first.wireID)
        #expect(third.wireID == first.wireID)
        #expect((first.attempt, second.attempt, third.attempt) == (1, 2, 3))
        #expect((second.device, third.device) == (.second, .first))
        await #expect(throws: (any Error).self) { try await self.test.execute("UPDATE message SET wireId = 'another'") }
        await #expect(throws: (any Error).self) { try await self.test.execute("UPDATE message SET wireId = NULL") }
    }

    @Test func `a wire id that is in use is refused and nothing is claimed`() async throws {
        try await self.test.add(2)
        await #expect(throws: QueueError.self) {
            try await self.test.queue.claim(upTo: 2, for: .first, lease: .seconds(90), now: self.now) {
                WireMessageID(rawValue: "same")
            }
        }
        #expect(try await self.test.count("SELECT count(*) FROM attempt") == 0)
        #expect(try await self.test.batch(1)?.pending == 2)
    }

    @Test func `send times are those of the device's attempts that count`() async throws {
        try await self.test.add(6)
        try await self.test.process(.sent(at: self.now), now: self.now + .seconds(1))
        try await self.test.process(.failed(.rejected, error: "No"), now: self.now + .seconds(2))
        try await self.test.process(.returned(reason: "Lost"), now: self.now + .seconds(3))
        try await self.test.process(.sent(at: self.now), for: .second, now: self.now + .seconds(4))
        try await self.test.process(.uncertain(detail: "No answer"), now: self.now + .seconds(5))
        _ = try await self.test.claim(now: self.now + .seconds(6))
        let times = try await self.test.queue.sendTimes(of: .first, since: self.now + .seconds(1))
        #expect(times == [2, 5, 6].map { self.now + .seconds($0) })
        #expect(try await self.test.queue.sendTimes(of: .second, since: .distantPast) == [self.now + .seconds(4)])
    }

    @Test func `an attempt that was returned counts for no retry`() async throws {
        try await self.test.add(1)
        try await self.test.process(.returned(reason: "Lost"), now: self.now)
        let next = try #require(
            try await self.test.process(
                .deferred(until: self.now, code: "503", reason: "Later"), now: self.now + .seconds(60)))
        #expect((next.firstAttemptAt, next.earlierAttempts) == (self.now + .seconds(60), 0))
        try await self.test.process(.returned(reason: "Lost"), now: self.now + .seconds(120))
        let last = try #require(try await self.test.claim(now: self.now + .seconds(180)).first)
        #expect((last.firstAttemptAt, last.earlierAttempts) == (self.now + .seconds(60), 1))
        #expect(last.attempt == 4)
    }
}
