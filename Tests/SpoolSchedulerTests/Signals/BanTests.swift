import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct BanTests {
    private var device = state(.free { $0.warmUp = true })

    init() {
        self.device.send(.known, at: start - 1.5 * day)
        self.device.send(.known, at: start)
    }

    private func ban(_ code: Int?, until: Date?) -> SignalEvent { .signal(.temporaryBan(code: code, until: until)) }

    @Test(arguments: [101, 103, 106, nil])
    func `a temporary ban stops everything until its end, over a restart, and the warm-up begins again`(
        code: Int?
    ) throws {
        var device = self.device
        let actions = device.react(to: self.ban(code, until: start + hour), at: start)
        let reason = "the account is banned for a time: \(BanCode.words(code))"
        #expect(
            actions == [
                .stopDevice(until: start + hour, reason: reason), .restartWarmUp,
                .alarm("\(reason), until 2023-11-14T23:13:20Z"),
            ])
        device = try device.restarted()
        #expect(device.admission(at: start) == .wait(until: start + hour, .banned(code: code)))
        #expect(device.closure(of: .reply, at: start) == Closure(until: start + hour, .banned(code: code)))
        #expect(device.admission(at: start + hour).isNow)
        #expect(device.memory.warmUp.allowance(at: start + hour)?.day == 1)
    }

    @Test(arguments: [102, 104])
    func `bans by people and for one text to many also wait for a person`(code: Int) throws {
        var device = self.device
        _ = device.react(to: self.ban(code, until: start + hour), at: start)
        device = try device.restarted()
        #expect(device.admission(at: start + 2 * hour) == .wait(until: .distantFuture, .banned(code: code)))
        device.resume(at: start + 2 * hour)
        #expect(device.admission(at: start + 2 * hour).isNow)
    }

    @Test mutating func `a person who takes note of it early does not end it`() {
        _ = self.device.react(to: self.ban(104, until: start + hour), at: start)
        self.device.resume(at: start + 60)
        #expect(self.device.admission(at: start + 60) == .wait(until: start + hour, .banned(code: 104)))
        #expect(self.device.admission(at: start + hour).isNow)
    }

    @Test mutating func `a ban of unknown length waits for a person`() {
        let actions = self.device.react(to: self.ban(101, until: nil), at: start)
        #expect(
            actions.first == .stopDevice(until: nil, reason: "the account is banned for a time: \(BanCode.words(101))"))
        #expect(self.device.nextSend(at: start) == .distantFuture)
        self.device.resume(at: start + day)
        #expect(self.device.admission(at: start + day).isNow)
    }

    @Test mutating func `the same ban, told at every connection, is one alarm and does not forget the person`() {
        _ = self.device.react(to: self.ban(104, until: start + hour), at: start)
        self.device.resume(at: start + 60)
        let again = self.device.react(to: self.ban(104, until: start + hour + 20), at: start + 120)
        #expect(again.count == 1)
        #expect(self.device.admission(at: start + hour).isNow)
        let other = self.device.react(to: self.ban(104, until: start + day), at: start + 180)
        #expect(other.count == 3)
        #expect(self.device.nextSend(at: start + 2 * day) == .distantFuture)
    }

    // MARK: Ends that a person has to mend

    @Test(arguments: [DeviceStatus.replaced, .refused, .failed])
    func `a refused or replaced device stops with one alarm until a person resumes it`(status: DeviceStatus) throws {
        var device = self.device
        let event = SignalEvent.status(status, detail: "why")
        #expect(device.react(to: event, at: start) == [.stopDevice(until: nil, reason: "why"), .alarm("why")])
        #expect(device.react(to: event, at: start) == [])
        device = try device.restarted()
        #expect(device.admission(at: start + day) == .wait(until: .distantFuture, .halted("why")))
        device.resume(at: start + day)
        #expect(device.admission(at: start + day).isNow)
    }

    @Test mutating func `a replaced device does not go on by connecting`() {
        _ = self.device.react(to: .status(.replaced, detail: nil), at: start)
        var generator = SeededGenerator(seed: 1)
        self.device.reconnected(at: start + 60, using: &generator)
        #expect(self.device.admission(at: start + 60) == .wait(until: .distantFuture, .halted("replaced")))
    }

    @Test mutating func `an outdated program stops all devices with one alarm, until one connects`() throws {
        let actions = self.device.react(to: .status(.outdated, detail: "too old"), at: start)
        #expect(
            actions == [
                .stopAllDevices(reason: "too old"), .stopDevice(until: nil, reason: "too old"), .alarm("too old"),
            ])
        var other = state(.free())
        other.stopOutdated("too old", at: start)
        #expect(other.react(to: .status(.outdated, detail: "too old"), at: start) == [])
        for device in [self.device, other] {
            var device = try device.restarted()
            #expect(device.admission(at: start + day) == .wait(until: .distantFuture, .halted("too old")))
            var generator = SeededGenerator(seed: 1)
            device.reconnected(at: start + day, using: &generator)
            #expect(device.admission(at: start + day).isNow)
        }
    }

    @Test mutating func `an unlinked device waits for a new link, and warms up again`() throws {
        let actions = self.device.react(to: .status(.unlinked, detail: "logged out"), at: start)
        #expect(actions == [.stopDevice(until: nil, reason: "logged out"), .alarm("logged out")])
        self.device = try self.device.restarted()
        #expect(self.device.nextSend(at: start + day) == .distantFuture)
        self.device.relinked()
        #expect(self.device.admission(at: start + day).isNow)
        #expect(self.device.memory.warmUp.allowance(at: start + day)?.day == 1)
    }

    @Test(arguments: [(23.0, true), (25.0, false)])
    func `a logout within a day of a time lock is suspected to be policy`(hours: Double, isSuspected: Bool) throws {
        var device = self.device
        _ = device.react(to: .signal(.reachOutTimeLock(until: start + 60)), at: start)
        device = try device.restarted()
        let actions = device.react(to: .status(.unlinked, detail: "logged out"), at: start + hours * hour)
        #expect(actions.contains(.label("policy_suspected")) == isSuspected)
    }

    @Test(arguments: [DeviceStatus.connected, .disconnected, .banned])
    func `what comes back by itself needs nothing`(status: DeviceStatus) {
        var device = self.device
        #expect(device.react(to: .status(status, detail: "x"), at: start) == [])
        #expect(device.admission(at: start).isNow)
    }
}
