import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// What the daemon does with what is known of a recipient.
struct RecipientRulesInDeliveryTests {
    private static var policy: SchedulerPolicy {
        var policy = SchedulerPolicy(pacing: .none)
        policy.recipient = RecipientPolicy()
        return policy
    }

    private func texts(_ count: Int) -> [MessageRequest] {
        (1...count).map { index in
            var message = request(1)
            message.text = "Text \(index)"
            return message
        }
    }

    @Test func `between two messages to one person lies a minute`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        try await fixture.add(self.texts(3))
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(125), by: .seconds(1))
        }
        let times = fixture.transport.sends.map { $0.at.timeIntervalSince(TestTime.noon) }
        #expect(times == [0, 60, 120])
    }

    @Test func `the same text to the same person is held, and fails after a day`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        let ids = try await fixture.add([request(1), request(1)])
        try await running(fixture.delivery(), fixture.housekeeping()) { _ in
            try await fixture.time.pass(.seconds(120), by: .seconds(20), loops: 2)
            #expect(fixture.transport.sends.count == 1)
            let held = try await fixture.message(ids[1])
            #expect(held.status == .pending)
            #expect(held.reason?.contains("the same text went to this number") == true)
            try await fixture.time.pass(.seconds(86400), by: .seconds(1200), loops: 2)
        }
        let failed = try await fixture.message(ids[1])
        #expect((failed.status, failed.errorCode) == (.failed, "DUPLICATE_MESSAGE"))
    }

    @Test func `what a person releases is sent`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        let ids = try await fixture.add([request(1), request(1)])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(120), by: .seconds(20))
            try await fixture.queue.release(.message(ids[1]), now: fixture.time.now)
            fixture.wakeUps.ringDelivery()
            try await fixture.time.pass(.seconds(10), by: .seconds(5))
        }
        #expect(try await fixture.states(ids) == [.sent, .sent])
    }

    @Test func `in quiet hours nobody is written to but who has just written`() async throws {
        var policy = Self.policy
        // Noon in Greenwich is quiet, until 15:00.
        policy.quietHours = QuietHours(from: 11 * 60, until: 15 * 60)
        let fixture = try await DaemonFixture(policy: policy)
        try await fixture.queue.recordInbound(
            from: "155501010002", to: .first, at: fixture.time.now, now: fixture.time.now)
        var requests = [request(1), request(2)]
        for index in requests.indices { requests[index].timeZone = "GMT" }
        let ids = try await fixture.add(requests)
        let hour = Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: TestTime.noon).hour ?? 0
        try #require(hour == 12)
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(3 * 3600 - 60), by: .seconds(600))
            #expect(try await fixture.states(ids) == [.pending, .sent])
            #expect(try await fixture.message(ids[0]).reason?.contains("quiet hours") == true)
            try await fixture.time.pass(.seconds(2000), by: .seconds(60))
        }
        #expect(try await fixture.states(ids) == [.sent, .sent])
    }

    // MARK: Batches

    @Test func `a list of bad numbers is held with an alarm, and goes on when it is released`() async throws {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.burst = 1
        policy.badList = BadListPolicy()
        let fixture = try await DaemonFixture(policy: policy) { message in
            message.queueID.rawValue % 2 == 0
                ? .failed(.permanent(.notOnWhatsApp, detail: "The number is not on WhatsApp")) : .acknowledged
        }
        let ids = try await fixture.add((1...60).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.idle()
            let sent = fixture.transport.sends.count
            #expect((20...21).contains(sent), "\(sent)")
            let batch = try #require(try await fixture.reader.batch(BatchID(rawValue: 1)))
            #expect(batch.status == .held)
            #expect(fixture.log.lines.contains { $0.message.hasPrefix("alarm: batch 1: ") })
            try await fixture.queue.release(.batch(BatchID(rawValue: 1)), now: fixture.time.now)
            fixture.wakeUps.ringDelivery()
            try await eventually("the batch to go on") { fixture.transport.sends.count > sent + 10 }
        }
        #expect(ids.count == 60)
    }

    @Test(arguments: [true, false])
    func `one text to too many strangers is held, or only said`(holds: Bool) async throws {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.burst = 1
        policy.sameText = SameTextPolicy(most: 20, holds: holds)
        let fixture = try await DaemonFixture(policy: policy)
        try await fixture.add(
            (1...30).map { index in
                var message = request(index)
                message.text = index % 2 == 0 ? "Hello!" : "hello"
                return message
            })
        try await running(fixture.delivery()) { _ in try await fixture.time.idle() }
        #expect(fixture.transport.sends.count == (holds ? 21 : 30))
        let alarms = fixture.log.lines.filter { $0.message.hasPrefix("alarm: ") }
        #expect(alarms.count == (holds ? 1 : 0))
        #expect(fixture.log.lines.contains { $0.message.contains("the same text went to 21 strangers") })
    }
}
