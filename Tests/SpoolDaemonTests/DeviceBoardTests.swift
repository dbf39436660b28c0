import Foundation
import SpoolCore
import SpoolHTTP
import SpoolScheduler
import SpoolTestSupport
import Testing

@testable import SpoolDaemon

struct DeviceBoardTests {
    private let board = DeviceBoard(chance: Chance(SeededGenerator(seed: 1)))

    private func add(_ id: DeviceID, _ status: DeviceStatus, _ detail: String? = nil) async {
        let connectedAt = status == .connected ? TestTime.noon : nil
        await self.board.add(
            TransportDevice(id: id, number: "15550199", status: status, detail: detail, connectedAt: connectedAt),
            policy: .none, sends: [], at: TestTime.noon)
    }

    // MARK: Readiness

    @Test func `without a device it says how to get one`() async {
        #expect(await self.board.notReady == ["no device is linked; run: spoolctl device add NAME"])
        #expect(await self.board.obstacle(for: nil) == "no device is linked")
    }

    @Test(arguments: [DeviceStatus.unlinked, .replaced, .refused, .failed])
    func `a device that needs a person is named only when no other can send`(status: DeviceStatus) async {
        await self.add(.first, status, "why")
        #expect(await self.board.notReady == ["device dev1 is \(status.rawValue): why"])
        await self.add(DeviceID(rawValue: "dev3"), .disconnected, "the network is away")
        #expect(await self.board.notReady == ["no device is connected", "device dev1 is \(status.rawValue): why"])
        await self.add(.second, .connected)
        #expect(await self.board.notReady.isEmpty)
    }

    @Test(arguments: [DeviceStatus.disconnected, .banned])
    func `a device that comes back by itself is no person's business`(status: DeviceStatus) async {
        await self.add(.first, status, "why")
        #expect(await self.board.notReady == ["no device is connected"])
    }

    @Test func `a client that is too old is always said`() async {
        await self.add(.first, .outdated, "update spoold")
        await self.add(.second, .connected)
        #expect(await self.board.notReady == ["device dev1 is outdated: update spoold"])
    }

    // MARK: Why a message waits

    @Test func `a message waits for its own device, or for any`() async {
        await self.add(.first, .unlinked, "logged out")
        #expect(await self.board.obstacle(for: nil) == "no device is connected")
        #expect(await self.board.obstacle(for: .first) == "device dev1 is unlinked: logged out")
        await self.add(.second, .connected)
        #expect(await self.board.obstacle(for: nil) == nil)
        #expect(await self.board.obstacle(for: .second) == nil)
        #expect(await self.board.obstacle(for: .first) == "device dev1 is unlinked: logged out")
    }

    // MARK: Views

    @Test(arguments: [
        DeviceStatus.connected, .disconnected, .banned, .unlinked, .replaced, .refused, .outdated, .failed,
    ])
    func `a view tells the status, and the detail as reason of the pause`(status: DeviceStatus) async throws {
        await self.add(.first, status, status == .connected ? nil : "why")
        let view = try #require(await self.board.views(at: TestTime.noon, isDryRun: false).first)
        #expect((view.status, view.isConnected) == (status.rawValue, status == .connected))
        #expect(view.pauseReason == (status == .connected ? nil : "why"))
        #expect((view.nextSendAt == nil) == (status != .connected))
        #expect(view.number == "15550199")
    }

    // MARK: A clock that was ahead

    @Test func `sends that are stored with times to come hold a device up no longer than its limits`() async {
        let yearAhead = TestTime.noon + .seconds(365 * 86400)
        let policy = PacingPolicy(hourly: 2, daily: nil, restAfter: nil)
        await self.board.add(
            TransportDevice(id: .first, number: nil, status: .connected, connectedAt: TestTime.noon), policy: policy,
            sends: [yearAhead, yearAhead], at: TestTime.noon)
        let soon = TestTime.noon + .seconds(20)
        #expect(
            await self.board.admission(of: .first, at: soon)
                == .wait(until: TestTime.noon + .seconds(3600), .hourlyCap(2)))
    }

    @Test func `a clock that is set back takes every moment to come along`() async {
        await self.add(.first, .disconnected)
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

    @Test func `a turn is given as long as the device can send and nobody makes it stand still`() async {
        await self.add(.first, .connected)
        await self.add(.second, .disconnected)
        let now = TestTime.noon
        #expect(await self.board.beginTurn(of: DeviceID(rawValue: "other"), at: now) == .gone)
        #expect(await self.board.beginTurn(of: .second, at: now) == .pause)
        #expect(await self.board.beginTurn(of: .first, at: now) == .now(upTo: 128))
        await self.board.endTurn(of: .first)
        await self.board.foundAway(.first, at: now)
        #expect(await self.board.beginTurn(of: .first, at: now) == .wait(until: now + .seconds(1)))
        await self.board.suspend(.first)
        #expect(await self.board.beginTurn(of: .first, at: now) == .pause)
        await self.board.resume(.first)
        await self.board.remove(.first)
        #expect(await self.board.beginTurn(of: .first, at: now) == .gone)
    }

    @Test func `a device that is there already stays as it is when it is added again`() async {
        await self.add(.first, .connected)
        await self.add(.first, .disconnected, "older news")
        #expect(await self.board.isConnected(.first))
    }
}
