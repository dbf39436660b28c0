import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct TypingTests {
    /// A gap of ten seconds, and devices that show what they do.
    private static var policy: SchedulerPolicy {
        var policy = SchedulerPolicy(
            pacing: PacingPolicy(
                minimumDelay: .seconds(10), maximumDelay: .seconds(10), hourly: nil, daily: nil, restAfter: nil))
        policy.humanSimulation = true
        return policy
    }

    private static let person = Recipient.phone("155501010001")

    @Test func `a device shows itself online and typing, pauses, and then the message leaves`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        try await fixture.add([request(1)])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(4), by: .milliseconds(100))
            try await eventually("all to be shown") { fixture.transport.shown.count == 4 }
        }
        #expect(
            fixture.transport.shown.map(\.activity)
                == [.available, .composing(Self.person), .paused(Self.person), .unavailable])
        // Six characters take the shortest time there is.
        let sent = try #require(fixture.transport.sends.first).at.timeIntervalSince(TestTime.noon)
        #expect((1.7...2.4).contains(sent), "\(sent)")
    }

    @Test func `typing is part of the gap`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        try await fixture.add((1...3).map { request($0) })
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(30), by: .milliseconds(100))
        }
        let times = fixture.transport.sends.map(\.at)
        try #require(times.count == 3)
        let gaps = zip(times.dropFirst(), times).map { $0.timeIntervalSince($1) }
        #expect(gaps.allSatisfy { (10...10.2).contains($0) }, "\(gaps)")
    }

    @Test func `a long text is typed for twelve seconds, which is said again on the way`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        var long = request(1)
        long.text = String(repeating: "word ", count: 200)
        try await fixture.add([long])
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(14), by: .milliseconds(500))
        }
        #expect(fixture.transport.shown.filter { $0.activity == .composing(Self.person) }.count == 2)
        let sent = try #require(fixture.transport.sends.first).at.timeIntervalSince(TestTime.noon)
        #expect((12.2...13.5).contains(sent), "\(sent)")
    }

    @Test func `a shutdown while it types gives the message back`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.delivery()) { _ in
            try await eventually("typing to begin") { !fixture.transport.shown.isEmpty }
            try await fixture.time.idle()
        }
        #expect(fixture.transport.sends.isEmpty)
        #expect(try await fixture.message(id).status == .pending)
        #expect(try await fixture.outcomes(id) == ["returned"])
    }

    @Test func `what the service says while it types keeps the message`() async throws {
        let fixture = try await DaemonFixture(policy: Self.policy)
        let id = try #require(try await fixture.add([request(1)]).first)
        try await running(fixture.news(), fixture.delivery()) { _ in
            try await eventually("typing to begin") { !fixture.transport.shown.isEmpty }
            let lock = ServerSignal.reachOutTimeLock(until: TestTime.noon + .seconds(3600))
            try await fixture.transport.tell(.signal(.first, lock))
            try await fixture.time.pass(.seconds(10), by: .milliseconds(500))
        }
        #expect(fixture.transport.sends.isEmpty)
        #expect(try await fixture.message(id).reason?.contains("REACHOUT_TIMELOCK") == true)
    }

    @Test func `without human simulation nothing is shown`() async throws {
        var policy = Self.policy
        policy.humanSimulation = false
        let fixture = try await DaemonFixture(policy: policy)
        try await fixture.add([request(1)])
        try await running(fixture.delivery()) { _ in
            #expect(try await fixture.transport.nextSend().at == TestTime.noon)
            try await fixture.time.idle()
        }
        #expect(fixture.transport.shown.isEmpty)
    }
}
