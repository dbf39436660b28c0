import Foundation
import SpoolCore
import SpoolQueue
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

/// What time alone does to devices.
struct DeviceUpkeepTests {
    @Test func `what waits for a device that is away for five minutes goes to another, but for strangers and pins`()
        async throws
    {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let now = fixture.time.now
        for index in [1, 2, 3] {
            try await fixture.queue.recordInbound(from: "1555010\(10000 + index)", to: .first, at: now, now: now)
        }
        try await running(fixture.news(), fixture.housekeeping()) { _ in
            try await fixture.transport.change(.first, to: .disconnected, "the network is away")
            let ids = try await fixture.add([request(1), request(2, device: .first), request(3)])
            try await running(fixture.delivery()) { _ in
                try await fixture.time.pass(.seconds(290), by: .seconds(30), loops: 3)
                #expect(fixture.transport.sends.isEmpty)
                try await fixture.time.pass(.seconds(90), by: .seconds(30), loops: 3)
            }
            #expect(try await fixture.states(ids) == [.sent, .pending, .sent])
        }
        #expect(fixture.transport.sends.allSatisfy { $0.message.device == .second })
    }

    @Test func `what waits for a device that the service has stopped stays with it`() async throws {
        let fixture = try await DaemonFixture(devices: [.first, .second])
        let now = fixture.time.now
        try await fixture.queue.recordInbound(from: "155501010001", to: .first, at: now, now: now)
        try await running(fixture.news(), fixture.housekeeping(), fixture.delivery()) { _ in
            try await fixture.transport.change(.first, to: .refused, "the account is banned")
            let ids = try await fixture.add([request(1)])
            fixture.wakeUps.ringDelivery()
            try await fixture.time.pass(.seconds(900), by: .seconds(60), loops: 3)
            #expect(try await fixture.states(ids) == [.pending])
        }
        #expect(fixture.log.lines.contains { $0.message == "alarm: device dev1: the account is banned" })
    }

    @Test func `when too little arrives strangers wait, one probe goes out, and its receipt ends it`() async throws {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.burst = 10
        policy.pacing.hourly = 10
        policy.breaker = BreakerPolicy()
        let fixture = try await DaemonFixture(policy: policy)
        try await fixture.add((1...30).map { request($0) })
        try await running(fixture.news(), fixture.delivery(), fixture.housekeeping()) { _ in
            try await fixture.time.pass(.seconds(1020), by: .seconds(60), loops: 2)
            #expect(fixture.transport.sends.count == 10)
            #expect(fixture.log.lines.contains { $0.message.hasPrefix("alarm: device dev1: circuit breaker") })
            // The hourly cap has room again, but one only is let through.
            try await fixture.time.pass(.seconds(3600), by: .seconds(60), loops: 2)
            #expect(fixture.transport.sends.count == 11)
            let probe = try #require(fixture.transport.sends.last)
            fixture.time.advance(by: .seconds(1))
            try await fixture.transport.tell(.delivered(probe.id, at: fixture.time.now))
            try await fixture.time.pass(.seconds(120), by: .seconds(30), loops: 2)
            #expect(fixture.transport.sends.count > 11)
        }
    }

    @Test func `a question about a time lock is put again until there is an answer`() async throws {
        let fixture = try await DaemonFixture()
        try await running(fixture.news(), fixture.questions()) { _ in
            try await fixture.transport.tell(.signal(.first, .reachOutTimeLock(until: nil)))
            try await fixture.time.pass(.seconds(200), by: .seconds(10))
            #expect(fixture.transport.timeLockQuestions.count == 3)
            fixture.transport.setTimeLock(.inactive)
            try await fixture.time.pass(.seconds(300), by: .seconds(10))
            let asked = fixture.transport.timeLockQuestions.count
            try await fixture.time.pass(.seconds(3600), by: .seconds(60))
            #expect(fixture.transport.timeLockQuestions.count == asked)
        }
        let state = try #require(await fixture.board.state(of: .first))
        #expect(state.closure(of: .cold, at: fixture.time.now) == nil)
    }

    // MARK: Over a restart

    @Test func `a ban lasts until its end over a restart, and then the device sends`() async throws {
        let fixture = try await DaemonFixture()
        let end = TestTime.noon + .seconds(7200)
        let ids = try await fixture.add([request(1)])
        try await running(fixture.news()) { _ in
            try await fixture.transport.tell(.signal(.first, .temporaryBan(code: 101, until: end)))
        }
        await fixture.board.remove(.first)
        for device in await fixture.transport.devices() { try await fixture.roster.add(device) }
        let closure = try #require(await fixture.board.state(of: .first)?.closure(of: .reply, at: fixture.time.now))
        #expect(closure == Closure(until: end, .banned(code: 101)))
        try await running(fixture.delivery()) { _ in
            try await fixture.time.pass(.seconds(7190), by: .seconds(300))
            #expect(fixture.transport.sends.isEmpty)
            try await fixture.time.pass(.seconds(60), by: .seconds(10))
        }
        #expect(try await fixture.states(ids) == [.sent])
    }

    @Test func `a device that the service has stopped goes on when a person resumes it, not by a restart`() async throws
    {
        let fixture = try await DaemonFixture()
        try await running(fixture.news()) { _ in
            try await fixture.transport.change(.first, to: .replaced, "another program uses it")
        }
        await fixture.board.remove(.first)
        let back = TransportDevice(id: .first, number: nil, status: .connected, connectedAt: TestTime.noon)
        try await fixture.roster.add(back)
        #expect(
            await fixture.board.admission(of: .first, at: fixture.time.now)
                == .wait(until: .distantFuture, .halted("another program uses it")))
        await fixture.board.change(.first) { $0.resume(at: TestTime.noon) }
        #expect(
            await fixture.board.admission(of: .first, at: fixture.time.now)
                == .now(lanes: Set(Lane.allCases), upTo: 128))
    }

    @Test func `a state that cannot be read is begun anew, and said`() async throws {
        let fixture = try await DaemonFixture()
        try await fixture.queue.store(DeviceStateUpdate(device: .second, state: Array("not a state".utf8)))
        try await fixture.roster.add(TransportDevice(id: .second, number: nil, status: .connected))
        #expect(await fixture.board.isConnected(.second))
        #expect(fixture.log.errors.count == 1)
    }
}
