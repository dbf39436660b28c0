import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct HousekeepingServiceTests {
    @Test func `a message expires at its moment, not before`() async throws {
        let fixture = try await DaemonFixture()
        let moment = TestTime.noon + .seconds(90)
        let ids = try await fixture.add([request(1, expiresAt: moment), request(2)])
        try await running(fixture.housekeeping()) { _ in
            try await fixture.time.pass(.milliseconds(89_999), by: .seconds(20))
            #expect(try await fixture.states(ids) == [.pending, .pending])
            fixture.time.advance(by: .milliseconds(1))
            try await fixture.stored()
        }
        #expect(try await fixture.states(ids) == [.failed, .pending])
        let expired = try await fixture.message(ids[0])
        #expect(expired.errorCode == "EXPIRED")
        #expect(expired.finishedAt == moment)
    }

    @Test func `a message queued later expires too when the bell has rung`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.housekeeping()) { _ in
            try await fixture.time.idle()
            let ids = try await fixture.add([request(1, expiresAt: TestTime.noon + .seconds(10))])
            fixture.wakeUps.ringDelivery()
            try await fixture.time.pass(.seconds(10), by: .seconds(1))
            #expect(try await fixture.states(ids) == [.failed])
        }
    }

    // MARK: Attempts without an answer

    /// Claims the message and leaves its attempt without an answer.
    private func leaveUncertain(_ fixture: DaemonFixture) async throws {
        let claimed = try await fixture.queue.claim(
            upTo: 1, for: .first, lease: DeliveryService.lease, now: fixture.time.now
        ) { fixture.transport.makeMessageID(for: .first) }
        try await fixture.queue.settle(
            claimed.map {
                SettledAttempt(message: $0.id, attempt: $0.attempt, settlement: .uncertain(detail: "no answer"))
            },
            now: fixture.time.now)
        #expect(claimed.count == 1)
    }

    private struct Ending: Sendable {
        let policy: UncertainPolicy
        let state: MessageState
        let reason: String?
        let errorCode: String?

        static let all = [
            Ending(
                policy: .resend, state: .pending, reason: "uncertain: will be sent again under the same message id",
                errorCode: nil),
            Ending(policy: .hold, state: .pending, reason: "held: uncertain whether it was sent", errorCode: nil),
            Ending(policy: .fail, state: .failed, reason: nil, errorCode: "ATTEMPTS_EXHAUSTED"),
        ]
    }

    @Test(arguments: Ending.all)
    private func `an attempt without an answer is settled when the grace is over`(ending: Ending) async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let id = try #require(try await fixture.add([request(1)]).first)
        try await self.leaveUncertain(fixture)
        let wireID = try await fixture.message(id).wireID
        try await running(fixture.housekeeping(ending.policy)) { _ in
            try await fixture.time.pass(.milliseconds(59_999), by: .seconds(15))
            #expect(try await fixture.message(id).status == .processing)
            fixture.time.advance(by: .milliseconds(1))
            try await fixture.stored()
        }
        let settled = try await fixture.message(id)
        #expect(settled.status == ending.state)
        #expect(settled.reason == ending.reason)
        #expect(settled.errorCode == ending.errorCode)
        #expect(settled.wireID == wireID)
        #expect(settled.device == .first)
        let held = try #require(try await fixture.reader.batch(BatchID(rawValue: 1))).held
        #expect(held == (ending.policy == .hold ? 1 : 0))
    }

    @Test func `two of different age are settled each at its own time`() async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let ids = try await fixture.add([request(1), request(2)])
        try await self.leaveUncertain(fixture)
        try await running(fixture.housekeeping(.fail)) { _ in
            try await fixture.time.pass(.seconds(20), by: .seconds(10))
            try await self.leaveUncertain(fixture)
            fixture.wakeUps.housekeeping.ring()
            try await fixture.time.pass(.seconds(40), by: .seconds(10))
            #expect(try await fixture.states(ids) == [.failed, .processing])
            try await fixture.time.pass(.seconds(20), by: .seconds(10))
            #expect(try await fixture.states(ids) == [.failed, .failed])
        }
    }

    @Test func `the grace begins when the device has been handed all news it missed`() async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let id = try #require(try await fixture.add([request(1)]).first)
        try await self.leaveUncertain(fixture)
        try await running(fixture.news(), fixture.housekeeping()) { _ in
            try await fixture.transport.change(.first, to: .disconnected, "the connection broke")
            try await fixture.time.pass(.seconds(3600), by: .seconds(30))
            #expect(try await fixture.message(id).status == .processing)
            try await fixture.transport.change(.first, to: .connected)
            try await fixture.time.pass(.seconds(59), by: .seconds(1))
            #expect(try await fixture.message(id).status == .processing)
            try await fixture.time.pass(.seconds(2), by: .seconds(1))
            #expect(try await fixture.message(id).status == .pending)
        }
    }

    @Test func `a receipt in the grace says that it was sent`() async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let id = try #require(try await fixture.add([request(1)]).first)
        try await self.leaveUncertain(fixture)
        let wireID = try #require(try await fixture.message(id).wireID)
        try await running(fixture.news(), fixture.housekeeping(.fail)) { _ in
            try await fixture.time.pass(.seconds(30), by: .seconds(15))
            try await fixture.transport.tell(.delivered(wireID, at: fixture.time.now))
            try await fixture.stored()
            try await fixture.time.pass(.seconds(60), by: .seconds(15))
        }
        let sent = try await fixture.message(id)
        #expect(sent.status == .sent)
        #expect(sent.sentAt == TestTime.noon + .seconds(30))
        #expect(sent.deliveredAt == TestTime.noon + .seconds(30))
    }

    @Test func `the first repeat goes at once, further ones back off, and the last one fails`() async throws {
        let fixture = try await DaemonFixture()
        let id = try #require(try await fixture.add([request(1)]).first)
        let backOff = BackOff(first: .seconds(300), maximum: nil, giveUpAfter: .seconds(1800))
        try await running(fixture.housekeeping(.resend, backOff)) { _ in
            for expected in [0...0, 300...330, 600...660] as [ClosedRange<Double>] {
                try await self.leaveUncertain(fixture)
                fixture.wakeUps.housekeeping.ring()
                try await fixture.stored()
                let message = try await fixture.message(id)
                #expect(message.status == .pending)
                let wait = try #require(message.notBefore).timeIntervalSince(fixture.time.now)
                #expect(expected.contains(wait), "\(wait)")
                try await fixture.time.pass(.seconds(wait), by: .seconds(60))
            }
            try await self.leaveUncertain(fixture)
            fixture.wakeUps.housekeeping.ring()
            try await fixture.stored()
        }
        let failed = try await fixture.message(id)
        #expect(failed.status == .failed)
        #expect(failed.errorCode == "ATTEMPTS_EXHAUSTED")
    }

    // MARK: Devices that need a person

    @Test(arguments: [DeviceStatus.unlinked, .replaced, .refused, .outdated, .failed])
    func `what a device that does not come back left unanswered is given up in the end`(
        status: DeviceStatus
    ) async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let id = try #require(try await fixture.add([request(1)]).first)
        try await self.leaveUncertain(fixture)
        let backOff = BackOff(giveUpAfter: .seconds(1800))
        try await running(fixture.news(), fixture.housekeeping(.resend, backOff)) { _ in
            try await fixture.transport.change(.first, to: status, "why")
            try await fixture.time.pass(.milliseconds(1_799_999), by: .seconds(60))
            #expect(try await fixture.message(id).status == .processing)
            try await fixture.time.pass(.seconds(60), by: .seconds(60))
        }
        let failed = try await fixture.message(id)
        #expect((failed.status, failed.errorCode) == (.failed, "ATTEMPTS_EXHAUSTED"))
        #expect(failed.error?.contains("dev1 is \(status.rawValue): why") == true)
        #expect(try await fixture.database.strings("SELECT isUncertain FROM message") == ["1"])
    }

    @Test func `while a device needs a person, cancelling and expiring end what it left unanswered`() async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let ids = try await fixture.add([request(1), request(2, expiresAt: TestTime.noon + .seconds(90)), request(3)])
        for _ in ids { try await self.leaveUncertain(fixture) }
        try await running(fixture.news(), fixture.housekeeping(.resend, BackOff(giveUpAfter: nil))) { _ in
            try await fixture.transport.change(.first, to: .disconnected, "the network is away")
            _ = try await fixture.queue.cancel(.message(ids[0]), now: fixture.time.now)
            try await fixture.time.pass(.seconds(120), by: .seconds(60))
            #expect(try await fixture.states(ids) == [.processing, .processing, .processing])
            try await fixture.transport.change(.first, to: .unlinked, "logged out")
            try await fixture.stored()
            try await fixture.time.pass(.seconds(120), by: .seconds(60))
        }
        #expect(try await fixture.states(ids) == [.failed, .failed, .processing])
    }

    // MARK: A clock that was ahead

    @Test func `a clock that is set back keeps nothing waiting`() async throws {
        let fixture = try await DaemonFixture(receiptGrace: .seconds(60))
        let ids = try await fixture.add([request(1), request(2)])
        try await running(fixture.news(), fixture.housekeeping(.hold)) { _ in
            fixture.time.wall.set(to: TestTime.noon + .seconds(86400))
            try await fixture.transport.change(.first, to: .disconnected, "the connection broke")
            try await fixture.transport.change(.first, to: .connected)
            try await self.leaveUncertain(fixture)
            fixture.wakeUps.housekeeping.ring()
            try await fixture.time.pass(.seconds(30), by: .seconds(10))
            fixture.time.wall.set(to: TestTime.noon)
            try await fixture.time.pass(.seconds(120), by: .seconds(10))
        }
        let held = try await fixture.message(ids[0])
        #expect((held.status, held.reason) == (.pending, "held: uncertain whether it was sent"))
        let drainedAt = try #require(await fixture.board.drainedAt(.first))
        #expect(drainedAt <= fixture.time.now)
    }

    @Test func `a queue that cannot be written is tried again`() async throws {
        let fixture = try await DaemonFixture()
        let ids = try await fixture.add([request(1, expiresAt: TestTime.noon + .seconds(10))])
        try await fixture.refuseState(.failed)
        try await running(fixture.housekeeping()) { _ in
            try await fixture.time.pass(.seconds(10), by: .seconds(10))
            try await fixture.log.wait(for: "housekeeping has to wait")
            try await fixture.allowAllStates()
            try await fixture.time.pass(.seconds(5), by: .seconds(5))
            #expect(try await fixture.states(ids) == [.failed])
        }
    }
}
