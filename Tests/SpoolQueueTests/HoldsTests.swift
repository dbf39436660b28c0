import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct HoldsTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    private func claimable(by device: DeviceID = .first) async throws -> [Int64] {
        try await self.test.judge(ScriptedJudge(), 99, for: device).messages.map(\.id.rawValue)
    }

    @Test(arguments: [HoldTarget.batch(BatchID(rawValue: 1)), .user(.default), .device(.first), .all])
    func `nothing that is held is claimed until it is released`(target: HoldTarget) async throws {
        let ids = try await self.test.add(3).map(\.rawValue)
        try await self.test.queue.hold(target, now: self.now)
        try await self.test.queue.hold(target, now: self.now + .seconds(1))
        #expect(try await self.claimable().isEmpty)
        try await self.test.queue.release(target, now: self.now)
        #expect(try await self.claimable() == ids)
        try await self.test.queue.release(target, now: self.now)
    }

    @Test func `a held message waits for its release`() async throws {
        let ids = try await self.test.add(2)
        try await self.test.queue.hold(.message(ids[0]), reason: "to be looked at", now: self.now)
        #expect(try await self.test.message(ids[0])?.reason == "held: to be looked at")
        #expect(try await self.claimable() == [ids[1].rawValue])
        try await self.test.queue.release(.message(ids[0]), now: self.now)
        #expect(try await self.test.message(ids[0])?.reason == nil)
        #expect(try await self.claimable() == [ids[0].rawValue])
    }

    @Test func `a hold meets what comes later, too`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.queue.hold(.user(.shop), now: self.now)
        try await self.test.add(1, as: 1, user: .shop)
        try await self.test.queue.openBatch(self.test.seed(2))
        try await self.test.queue.hold(.batch(BatchID(rawValue: 2)), now: self.now)
        try await self.test.add(1, as: 2)
        #expect(try await self.claimable().isEmpty)
        #expect(try await self.test.reader.backlog().map(\.isHeld) == [true, true])
        try await self.test.queue.release(.user(.shop), now: self.now)
        try await self.test.queue.release(.batch(BatchID(rawValue: 2)), now: self.now)
        #expect(try await self.claimable().count == 2)
    }

    @Test func `what comes back while its batch is held stays`() async throws {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        try await self.test.queue.hold(.batch(BatchID(rawValue: 1)), reason: "BAD_LIST", now: self.now)
        try await self.test.settle(claimed, .returned(reason: "Lost"))
        #expect(try await self.claimable().isEmpty)
        try await self.test.queue.release(.batch(BatchID(rawValue: 1)), now: self.now)
        #expect(try await self.claimable() == [claimed.id.rawValue])
    }

    @Test func `one of two holds keeps what both held`() async throws {
        try await self.test.add(1)
        let batch = HoldTarget.batch(BatchID(rawValue: 1))
        try await self.test.queue.hold(batch, now: self.now)
        try await self.test.queue.hold(.user(.default), now: self.now)
        try await self.test.queue.release(batch, now: self.now)
        #expect(try await self.claimable().isEmpty)
        try await self.test.queue.hold(batch, now: self.now)
        try await self.test.queue.release(.user(.default), now: self.now)
        #expect(try await self.claimable().isEmpty)
        try await self.test.queue.release(batch, now: self.now)
        #expect(try await self.claimable().count == 1)
    }

    @Test func `the release of a batch leaves what may have been sent`() async throws {
        let ids = try await self.test.add(2)
        _ = try await self.test.claim()
        try await self.test.queue.rescueAbandonedClaims(now: self.now)
        try await self.test.queue.resolveUncertain(of: .first, since: self.now, policy: .hold, now: self.now) { _, _ in
            nil
        }
        try await self.test.queue.hold(.message(ids[1]), now: self.now)
        try await self.test.queue.release(.batch(BatchID(rawValue: 1)), now: self.now)
        #expect(try await self.claimable() == [ids[1].rawValue])
        try await self.test.queue.release(.message(ids[0]), now: self.now)
        #expect(try await self.claimable() == [ids[0].rawValue])
    }

    @Test func `another device goes on while one is held`() async throws {
        try await self.test.add(1)
        try await self.test.queue.hold(.device(.first), now: self.now)
        #expect(try await self.claimable().isEmpty)
        #expect(try await self.claimable(by: .second).count == 1)
    }

    @Test func `what is not there cannot be held`() async throws {
        let ids = try await self.test.add(1)
        try await self.test.process(.sent(at: self.now))
        await #expect(throws: QueueError.unexpectedState(ids[0], expected: .pending)) {
            try await self.test.queue.hold(.message(ids[0]), now: self.now)
        }
        await #expect(throws: QueueError.noSuchBatch(BatchID(rawValue: 9))) {
            try await self.test.queue.hold(.batch(BatchID(rawValue: 9)), now: self.now)
        }
        await #expect(throws: QueueError.noSuchUser(.shop)) {
            try await self.test.queue.release(.user(.shop), now: self.now)
        }
    }

    @Test func `sending and intake stop and start, also for a reader`() async throws {
        try await self.test.add(1)
        try await self.test.queue.set(.sending, stopped: true)
        #expect(try await self.claimable().isEmpty)
        #expect(try await self.test.reader.stoppedActivities() == [.sending])
        try await self.test.queue.set(.intake, stopped: true)
        try await self.test.queue.set(.sending, stopped: false)
        #expect(try await self.test.reader.stoppedActivities() == [.intake])
        #expect(try await self.claimable().count == 1)
    }

    @Test func `a batch counts how many of its last numbers are not on WhatsApp`() async throws {
        let batch = BatchID(rawValue: 1)
        try await self.test.add(60)
        for index in 0..<60 {
            try await self.test.process(index < 20 ? .failed(.notOnWhatsApp, error: "No") : .sent(at: self.now))
        }
        #expect(try await self.test.reader.outcomes(of: batch) == BatchOutcomes(seen: 50, notOnWhatsApp: 10))
        try await self.test.queue.hold(batch: batch, now: self.now)
        #expect(try await self.test.reader.outcomes(of: batch) == BatchOutcomes(seen: 0, notOnWhatsApp: 0))
    }
}

extension MessageQueue {
    fileprivate func hold(batch: BatchID, now: Date) async throws {
        try await self.hold(.batch(batch), reason: "BAD_LIST", now: now)
        try await self.release(.batch(batch), now: now)
    }
}
