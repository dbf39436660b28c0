import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

/// What rules about devices read.
@Suite struct StandingTests {
    private let test: TestQueue
    private let now = TestQueue.noon

    init() throws {
        self.test = try TestQueue()
    }

    @Test func `the ledger has the lanes of the attempts that count`() async throws {
        try await self.test.queue.recordInbound(from: "155501010001", to: .first, at: self.now, now: self.now)
        try await self.test.add([request(1), request(2), request(3)], as: 1)
        try await self.test.process(.sent(at: self.now), now: self.now + .seconds(1))
        try await self.test.process(.sent(at: self.now), now: self.now + .seconds(2))
        try await self.test.process(.returned(reason: "Lost"), now: self.now + .seconds(3))
        let sends = try await self.test.reader.sends(of: .first, since: self.now)
        #expect(
            sends == [
                SendEntry(at: self.now + .seconds(1), lane: .reply), SendEntry(at: self.now + .seconds(2), lane: .cold),
            ])
        #expect(try await self.test.reader.sends(of: .first, since: self.now + .seconds(1)).count == 1)
        #expect(try await self.test.reader.sends(of: .second, since: self.now).isEmpty)
    }

    @Test func `the breaker sees strangers who were sent something, the latest first`() async throws {
        try await self.test.queue.recordInbound(from: "155501010001", to: .first, at: self.now, now: self.now)
        try await self.test.add((1...6).map { request($0) }, as: 1)
        var wires: [WireMessageID] = []
        for index in 0..<6 {
            let settlement: Settlement = index == 2 ? .failed(.rejected, error: "No") : .sent(at: self.now)
            let message = try await self.test.process(settlement, now: self.now + .seconds(index))
            wires.append(try #require(message?.wireID))
        }
        try await self.test.queue.recordReceipts(
            [0, 1, 4].map { Receipt(wireID: wires[$0], deliveredAt: self.now) }, now: self.now)
        let reader = self.test.reader
        // Message 0 is a reply, 2 has failed.
        let all = try await reader.coldDeliveries(of: .first, before: self.now + .seconds(5), limit: 20)
        #expect(all == [false, true, false, true])
        #expect(try await reader.coldDeliveries(of: .first, before: self.now + .seconds(4), limit: 2) == [true, false])
        #expect(try await reader.coldDeliveries(of: .second, before: self.now + .seconds(5), limit: 2).isEmpty)
    }

    @Test func `the baseline is the same time of day on the seven days before`() async throws {
        let days: [(day: Double, minutes: Double)] = [(0, 0), (1, 29), (1, -29), (2, 31), (7, 0), (8, 0)]
        for (index, day) in days.enumerated() {
            try await self.test.add([request(index)], as: Int64(index + 1))
            let moment = self.now.addingTimeInterval(-day.day * 86_400 + day.minutes * 60)
            let sent = try #require(try await self.test.process(.sent(at: moment), now: moment))
            guard index == 1 else { continue }
            try await self.test.queue.recordReceipts([Receipt(wireID: sent.wireID, deliveredAt: moment)], now: moment)
        }
        let baseline = try await self.test.reader.coldBaseline(of: .first, around: self.now)
        #expect(baseline == DeliveryCount(sent: 3, delivered: 1))
    }

    @Test func `strangers with one text are counted once each, within the time`() async throws {
        let rows = [1, 2, 2, 3].map { index in
            MessageRequest(recipient: .phone("1555010000\(index)"), text: "Offer")
        }
        let ids = try await self.test.add(rows + [request(9)], as: 1)
        for index in 0..<5 { try await self.test.process(.sent(at: self.now), now: self.now + .seconds(index)) }
        let reader = self.test.reader
        #expect(try await reader.strangers(withTextOf: ids[0], device: .first, since: self.now - .seconds(1)) == 3)
        #expect(try await reader.strangers(withTextOf: ids[0], device: .first, since: self.now + .seconds(1)) == 2)
        #expect(try await reader.strangers(withTextOf: ids[4], device: .first, since: self.now) == 1)
        #expect(try await reader.strangers(withTextOf: ids[0], device: .second, since: self.now) == 0)
    }

    @Test func `a device's state is stored with the outcomes, or not at all`() async throws {
        try await self.test.add(1)
        let claimed = try #require(try await self.test.claim().first)
        let outcome = SettledAttempt(message: claimed.id, attempt: 1, settlement: .sent(at: self.now))
        let state = DeviceStateUpdate(device: .first, state: [1, 2, 3])
        try await self.test.queue.settle([outcome], state: state, now: self.now)
        #expect(try await self.test.queue.deviceState(of: .first) == [1, 2, 3])
        await #expect(throws: QueueError.self) {
            try await self.test.queue.settle(
                [outcome], state: DeviceStateUpdate(device: .first, state: [4]), now: self.now)
        }
        #expect(try await self.test.queue.deviceState(of: .first) == [1, 2, 3])
        #expect(try await self.test.queue.deviceState(of: .second) == nil)
    }

    @Test func `what waits is counted by spans of time`() async throws {
        try await self.test.add(
            [1, 59, 60, 61, 600].map { request($0, sendAt: self.now + .seconds($0)) } + [request(0)], as: 1)
        let waiting = try await self.test.reader.waiting(after: self.now, spans: .seconds(60))
        #expect(waiting.map(\.count) == [3, 1, 1])
        #expect(waiting.map(\.until) == [60, 120, 600].map { self.now + .seconds($0) })
    }

    @Test func `a placement names all that keeps a message`() async throws {
        try await self.test.queue.recordInbound(from: "155501010002", to: .first, at: self.now, now: self.now)
        let ids = try await self.test.add([request(1, device: .first), request(2), request(3, device: .first)], as: 1)
        try await self.test.add(2, as: 2)
        let reader = self.test.reader
        let third = try #require(try await reader.placement(of: ids[2], now: self.now))
        #expect((third.owner, third.isPinned, third.lane, third.ahead) == (.first, true, .cold, 1))
        #expect(third.competingLines == 2)
        let second = try #require(try await reader.placement(of: ids[1], now: self.now))
        #expect((second.lane, second.isPinned, second.ahead, second.facts.lastInbound) == (.reply, false, 0, self.now))
        #expect(second.batchHold == nil && !second.userIsHeld && !second.deviceIsHeld && !second.sendingIsStopped)
        for target in [HoldTarget.batch(BatchID(rawValue: 1)), .user(.default), .device(.first), .all] {
            try await self.test.queue.hold(target, reason: "BAD_LIST", now: self.now)
        }
        try await self.test.queue.set(.sending, stopped: true)
        let held = try #require(try await reader.placement(of: ids[1], now: self.now))
        #expect(held.batchHold == "BAD_LIST" && held.userIsHeld && held.deviceIsHeld && held.everythingIsHeld)
        #expect(held.sendingIsStopped)
        #expect(try await reader.placement(of: QueueID(rawValue: 99), now: self.now) == nil)
    }

    @Test func `the place counts what is taken before`() async throws {
        let ids = try await self.test.add([request(1), request(2), request(3), request(4)], as: 1)
        let until = self.now + .seconds(60)
        _ = try await self.test.judge(
            ScriptedJudge([.wait(until: until, reason: "gap"), .wait(until: until, reason: "gap")]))
        let reader = self.test.reader
        #expect(try await reader.placement(of: ids[3], now: self.now)?.ahead == 0)
        #expect(try await reader.placement(of: ids[3], now: until)?.ahead == 2)
        #expect(try await reader.placement(of: ids[1], now: self.now)?.ahead == 2)
        #expect(try await reader.placement(of: ids[1], now: until)?.ahead == 1)
    }
}
