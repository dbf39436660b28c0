import Foundation
import SpoolCore
import SpoolHTTP
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct DeviceBoardTests {
    private let board = DeviceBoard(policy: SchedulerPolicy(pacing: .none), chance: Chance(SeededGenerator(seed: 1)))

    private func add(_ id: DeviceID, _ status: DeviceStatus, _ detail: String? = nil) async throws {
        let connectedAt = status == .connected ? TestTime.noon : nil
        try await self.board.add(
            TransportDevice(id: id, number: "15550199", status: status, detail: detail, connectedAt: connectedAt),
            at: TestTime.noon)
    }

    // MARK: Readiness

    @Test func `without a device it says how to get one`() async throws {
        #expect(await self.board.notReady == ["no device is linked; run: spoolctl device add NAME"])
        #expect(await self.board.obstacle(for: nil) == "no device is linked")
    }

    @Test(arguments: [DeviceStatus.unlinked, .replaced, .refused, .failed])
    func `a device that needs a person is named only when no other can send`(status: DeviceStatus) async throws {
        try await self.add(.first, status, "why")
        #expect(await self.board.notReady == ["device dev1 is \(status.rawValue): why"])
        try await self.add(DeviceID(rawValue: "dev3"), .disconnected, "the network is away")
        #expect(await self.board.notReady == ["no device is connected", "device dev1 is \(status.rawValue): why"])
        try await self.add(.second, .connected)
        #expect(await self.board.notReady.isEmpty)
    }

    @Test(arguments: [DeviceStatus.disconnected, .banned])
    func `a device that comes back by itself is no person's business`(status: DeviceStatus) async throws {
        try await self.add(.first, status, "why")
        #expect(await self.board.notReady == ["no device is connected"])
    }

    @Test func `a client that is too old is always said`() async throws {
        try await self.add(.first, .outdated, "update spoold")
        try await self.add(.second, .connected)
        #expect(await self.board.notReady == ["device dev1 is outdated: update spoold"])
    }

    // MARK: Why a message waits

    @Test func `a message waits for its own device, or for any`() async throws {
        try await self.add(.first, .unlinked, "logged out")
        #expect(await self.board.obstacle(for: nil) == "no device is connected")
        #expect(await self.board.obstacle(for: .first) == "device dev1 is unlinked: logged out")
        try await self.add(.second, .connected)
        #expect(await self.board.obstacle(for: nil) == nil)
        #expect(await self.board.obstacle(for: .second) == nil)
        #expect(await self.board.obstacle(for: .first) == "device dev1 is unlinked: logged out")
    }

    @Test func `a message waits for the device that may send first, and is told when`() async throws {
        var policy = SchedulerPolicy(pacing: .none)
        policy.pacing.hourly = 1
        let board = DeviceBoard(policy: policy, chance: Chance(SeededGenerator(seed: 1)))
        for (id, ago) in [(DeviceID.first, 600.0), (.second, 1200)] {
            let sent = Send(at: TestTime.noon.addingTimeInterval(-ago), lane: .known)
            try await board.add(
                TransportDevice(id: id, number: nil, status: .connected, connectedAt: TestTime.noon), sends: [sent],
                at: TestTime.noon)
        }
        #expect(
            await board.waitReason(for: nil, at: TestTime.noon)
                == "waits: hourly cap of 1 messages reached on dev2, next at \(RFC3339.text(TestTime.noon + .seconds(2400)))"
        )
        #expect(
            await board.waitReason(for: .first, at: TestTime.noon)
                == "waits: hourly cap of 1 messages reached on dev1, next at \(RFC3339.text(TestTime.noon + .seconds(3000)))"
        )
        #expect(await board.waitReason(for: nil, at: TestTime.noon + .seconds(2400)) == nil)
    }

    // MARK: Views

    @Test(arguments: [
        DeviceStatus.connected, .disconnected, .banned, .unlinked, .replaced, .refused, .outdated, .failed,
    ])
    func `a view tells the status, and the detail as reason of the pause`(status: DeviceStatus) async throws {
        try await self.add(.first, status, status == .connected ? nil : "why")
        let view = try #require(await self.board.views(at: TestTime.noon, isDryRun: false).first)
        #expect((view.status, view.isConnected) == (status.rawValue, status == .connected))
        #expect(view.pauseReason == (status == .connected ? nil : "why"))
        #expect((view.nextSendAt == nil) == (status != .connected))
        #expect(view.number == "15550199")
    }

    // MARK: A clock that was ahead

    @Test func `sends that are stored with times to come hold a device up no longer than its limits`() async throws {
        let yearAhead = TestTime.noon + .seconds(365 * 86400)
        let policy = PacingPolicy(hourly: 2, daily: nil, restAfter: nil)
        let board = DeviceBoard(policy: SchedulerPolicy(pacing: policy), chance: Chance(SeededGenerator(seed: 1)))
        let sends = [Send(at: yearAhead, lane: .known), Send(at: yearAhead, lane: .known)]
        try await board.add(
            TransportDevice(id: .first, number: nil, status: .connected, connectedAt: TestTime.noon), sends: sends,
            at: TestTime.noon)
        let soon = TestTime.noon + .seconds(20)
        #expect(
            await board.admission(of: .first, at: soon)
                == .wait(until: TestTime.noon + .seconds(3600), .hourlyCap(2)))
    }

    @Test func `a clock that is set back takes every moment to come along`() async throws {
        try await self.add(.first, .disconnected)
        let ahead = TestTime.noon + .seconds(86400)
        let device = TransportDevice(id: .first, number: nil, status: .connected, connectedAt: ahead)
        _ = await self.board.update(device, at: ahead)
        await self.board.foundAway(.first, at: ahead)
        await self.board.correctTimes(at: TestTime.noon)
        #expect(await self.board.drainedAt(.first) == TestTime.noon)
        #expect(
            await self.board.admission(of: .first, at: TestTime.noon)
                == .wait(until: TestTime.noon + .seconds(60), .away))
    }

    // MARK: Turns

    @Test func `a turn is given as long as the device can send and nobody makes it stand still`() async throws {
        try await self.add(.first, .connected)
        try await self.add(.second, .disconnected)
        let now = TestTime.noon
        #expect(await self.turn(of: DeviceID(rawValue: "other")) == .gone)
        #expect(await self.turn(of: .second) == .pause)
        let terms = SendingTerms(lanes: Set(Lane.allCases), most: 128)
        #expect(await self.turn(of: .first) == .now(terms))
        #expect(await self.board.endTurn(of: .first, terms, idle: nil).isEmpty)
        await self.board.foundAway(.first, at: now)
        #expect(await self.turn(of: .first) == .wait(until: now + .seconds(1)))
        await self.board.suspend(.first)
        #expect(await self.turn(of: .first) == .pause)
        await self.board.resume(.first)
        await self.board.remove(.first)
        #expect(await self.turn(of: .first) == .gone)
    }

    private func turn(of device: DeviceID, ring: Int = 0) async -> DeviceBoard.Turn {
        await self.board.beginTurn(of: device, at: TestTime.noon, ring: ring)
    }

    @Test func `a device that is there already stays as it is when it is added again`() async throws {
        try await self.add(.first, .connected)
        try await self.add(.first, .disconnected, "older news")
        #expect(await self.board.isConnected(.first))
    }
}
