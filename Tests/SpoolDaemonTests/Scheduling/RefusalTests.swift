import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// What the server holds against messages, and what the daemon does about it.
struct RefusalTests {
    private static func refused(_ refusal: MessageRefusal) -> FakeTransport.Answer {
        .failed(.refused(refusal, detail: "the server said so"))
    }

    /// Somebody who has written to the device.
    private static func befriend(_ index: Int, _ fixture: DaemonFixture) async throws {
        try await fixture.queue.recordInbound(
            from: "1555010\(10000 + index)", to: .first, at: fixture.time.now, now: fixture.time.now)
    }

    @Test func `a time lock stops strangers until its end, lets replies through, and costs no attempt`() async throws {
        let end = TestTime.noon + .seconds(3600)
        let fixture = try await DaemonFixture { message in
            message.text == "Text 1" && message.attempt == 1
                ? Self.refused(.reachOut(.active(until: end))) : .acknowledged
        }
        let ids = try await fixture.add([request(1), request(2), request(3)])
        try await Self.befriend(3, fixture)
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(3600), by: .seconds(60))
            #expect(try await fixture.states([ids[0], ids[2]]) == [.pending, .sent])
            try await fixture.time.pass(.seconds(11), by: .seconds(1))
        }
        #expect(try await fixture.states(ids) == [.sent, .sent, .sent])
        #expect(try await fixture.outcomes(ids[0]) == ["returned", "sent"])
        let last = try #require(fixture.transport.sends.last)
        #expect(last.at >= end + .seconds(10))
        #expect(fixture.log.lines.contains { $0.message.hasPrefix("alarm: device dev1: the service has locked") })
    }

    @Test func `a lock that nobody knows of is asked about, and strangers wait for the answer`() async throws {
        let fixture = try await DaemonFixture { message in
            message.attempt == 1 ? Self.refused(.reachOut(.unknown)) : .acknowledged
        }
        fixture.transport.setTimeLock(.active(until: TestTime.noon + .seconds(600)))
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery(), fixture.questions()) { _ in
            try await fixture.time.pass(.seconds(600), by: .seconds(30), loops: 2)
            #expect(fixture.transport.timeLockQuestions == [.first])
            #expect(try await fixture.message(id).status == .pending)
            try await fixture.time.pass(.seconds(30), by: .seconds(10), loops: 2)
        }
        #expect(try await fixture.states([id]) == [.sent])
    }

    @Test func `without a lock only the recipient is put off, twice, and then the message fails`() async throws {
        let fixture = try await DaemonFixture { message in
            message.text == "Text 1" ? Self.refused(.reachOut(.inactive)) : .acknowledged
        }
        let ids = try await fixture.add([request(1), request(2)])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.idle()
            #expect(try await fixture.states(ids) == [.pending, .sent])
            try await fixture.time.pass(.seconds(86400), by: .seconds(3600))
            #expect(fixture.transport.sends.filter { $0.message.queueID == ids[0] }.count == 2)
            try await fixture.time.pass(.seconds(86400), by: .seconds(3600))
        }
        let failed = try await fixture.message(ids[0])
        #expect(failed.status == .failed)
        #expect(failed.errorCode == "RECIPIENT_NOT_REACHABLE")
        #expect(fixture.transport.sends.filter { $0.message.queueID == ids[0] }.count == 3)
    }

    @Test func `when the number of new chats is used up, strangers wait for the end of the cycle`() async throws {
        let fixture = try await DaemonFixture { message in
            message.attempt == 1 && message.text != "Text 3" ? Self.refused(.newChatCap) : .acknowledged
        }
        let quota = NewChatQuota(level: .none, total: 100, used: 10, endsAt: TestTime.noon + .seconds(7200))
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await fixture.transport.tell(.signal(.first, .newChatQuota(quota)))
            let ids = try await fixture.add([request(1), request(3)])
            try await Self.befriend(3, fixture)
            fixture.wakeUps.ringDelivery()
            try await fixture.time.pass(.seconds(7100), by: .seconds(60))
            #expect(try await fixture.states(ids) == [.pending, .sent])
            try await fixture.time.pass(.seconds(200), by: .seconds(20))
            #expect(try await fixture.states(ids) == [.sent, .sent])
        }
    }

    @Test(arguments: [
        (MessageRefusal.permanent(code: 404), "The server refused it for good (404)"),
        (.staleDevices(isSecondTime: true), "The server refused it twice, with new device lists too (479)"),
    ])
    func `what never works fails`(refusal: MessageRefusal, error: String) async throws {
        let fixture = try await DaemonFixture { _ in Self.refused(refusal) }
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in try await fixture.stored() }
        let failed = try await fixture.message(id)
        #expect((failed.status, failed.errorCode, failed.error) == (.failed, "REJECTED", error))
    }

    @Test func `what may pass is tried again later, and three in a row cool the device down`() async throws {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.burst = 1
        policy.cooldown = CooldownPolicy()
        let fixture = try await DaemonFixture(policy: policy) { message in
            message.attempt == 1 && message.text != "Text 4" ? Self.refused(.temporary(code: 503)) : .acknowledged
        }
        let ids = try await fixture.add((1...4).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(299), by: .seconds(20))
            #expect(fixture.transport.sends.count == 3)
            try await fixture.time.pass(.seconds(60), by: .seconds(1))
        }
        #expect(try await fixture.states(ids) == [.sent, .sent, .sent, .sent])
        #expect(try await fixture.outcomes(ids[0]) == ["deferred", "sent"])
        let afterCooldown = try #require(fixture.transport.sends.dropFirst(3).first)
        #expect(afterCooldown.at >= TestTime.noon + .seconds(300))
    }
}
