import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

private let returned = SignalAction.returnMessage(
    reason: "REACHOUT_TIMELOCK: the service lets the account write to no new people")

private func message(_ number: Int, lane: Lane = .cold, timesPutOff: Int = 0) -> RefusedMessage {
    RefusedMessage(recipient: .phone("92300123456\(number)"), lane: lane, timesPutOff: timesPutOff)
}

@Suite struct TimeLockTests {
    private var device = state(.free { $0.warmUp = true })

    init() {
        self.device.send(.known, at: start - 1.5 * day)
        self.device.send(.known, at: start)
    }

    /// Cold stands still until then, replies and known people go on.
    private func expectLocked(_ device: DeviceState, until: Date, at now: Date = start) throws {
        for device in [device, try device.restarted()] {
            #expect(device.admission(at: now) == .withoutCold(upTo: 128))
            #expect(device.closure(of: .cold, at: now) == Closure(until: until, .timeLock))
            #expect(device.closure(of: .reply, at: now) == nil)
            #expect(device.closure(of: .cold, at: until)?.reason != .timeLock)
        }
    }

    @Test mutating func `a lock stops strangers until ten seconds after its end, and the warm-up for three days`()
        throws
    {
        let actions = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start)
        #expect(
            actions == [
                .stopCold(until: start + hour + 10), .stopWarmUp,
                .alarm("the service has locked the account against new people until 2023-11-14T23:13:20Z"),
            ])
        try self.expectLocked(self.device, until: start + hour + 10)
        #expect(self.device.memory.warmUp.allowance(at: start + 2 * day) == WarmUp.Allowance(cap: 27, day: 2))
    }

    @Test mutating func `the same news once more is no second alarm`() {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start)
        let again = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start + 60)
        #expect(again == [.stopCold(until: start + hour + 10)])
    }

    @Test mutating func `a lock of unknown length is asked about and believed for a day`() throws {
        let actions = self.device.react(to: .signal(.reachOutTimeLock(until: nil)), at: start)
        #expect(actions.prefix(2) == [.stopCold(until: start + day), .queryTimeLock(at: start)])
        try self.expectLocked(self.device, until: start + day)
        #expect(self.device.nextTimeLockQuery(at: start) == start)
    }

    @Test mutating func `without an answer it is asked again after a minute, doubling to an hour`() {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: nil)), at: start)
        var pauses: [TimeInterval] = []
        for _ in 0..<8 {
            guard case .queryTimeLock(let at)? = self.device.react(to: .timeLockUnknown, at: start).first else { break }
            pauses.append(at.timeIntervalSince(start))
            #expect(self.device.nextTimeLockQuery(at: start) == at)
        }
        #expect(pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600])
    }

    @Test mutating func `an answer with an end replaces the assumption, also an earlier one`() throws {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: nil)), at: start)
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: start + 60)), at: start)
        try self.expectLocked(self.device, until: start + 70)
        #expect(self.device.nextTimeLockQuery(at: start) == nil)
    }

    @Test mutating func `a known end is not made longer by an assumption`() throws {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: start + 60)), at: start)
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: nil)), at: start)
        try self.expectLocked(self.device, until: start + 70)
    }

    @Test mutating func `when it is lifted strangers come back at the rate of the first day`() {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start)
        let actions = self.device.react(to: .signal(.reachOutTimeLockLifted), at: start + 60)
        #expect(actions == [.resumeCold, .restartWarmUp])
        #expect(self.device.closure(of: .cold, at: start + 60) == nil)
        #expect(self.device.memory.warmUp.allowance(at: start + 60) == WarmUp.Allowance(cap: 20, day: 1))
    }

    @Test mutating func `without a lock being lifted means nothing`() {
        #expect(self.device.react(to: .signal(.reachOutTimeLockLifted), at: start) == [])
        #expect(self.device.memory.warmUp.allowance(at: start)?.day == 2)
    }

    // MARK: 463

    @Test mutating func `463 under a lock gives the message back and does not ask for another try`() throws {
        let actions = self.device.react(
            to: .refused(message(1), .reachOut(.active(until: start + hour))), at: start)
        #expect(actions.prefix(2) == [returned, .stopCold(until: start + hour + 10)])
        try self.expectLocked(self.device, until: start + hour + 10)
    }

    @Test mutating func `463 when nobody knows stops strangers for a minute and asks`() throws {
        let actions = self.device.react(to: .refused(message(1), .reachOut(.unknown)), at: start)
        #expect(actions == [returned, .stopCold(until: start + 60), .queryTimeLock(at: start)])
        try self.expectLocked(self.device, until: start + 60)
        #expect(self.device.nextTimeLockQuery(at: start) == start)
        let locked = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start + 1)
        #expect(locked.contains(.stopWarmUp))
        try self.expectLocked(self.device, until: start + hour + 10)
    }

    @Test mutating func `463 when nobody knows and there is no lock was the recipient`() {
        _ = self.device.react(to: .refused(message(1), .reachOut(.unknown)), at: start)
        let actions = self.device.react(to: .signal(.reachOutTimeLockLifted), at: start + 1)
        #expect(actions == [.putOffRecipient(.phone("923001234561"), until: start + 1 + day), .resumeCold])
        #expect(self.device.closure(of: .cold, at: start + 1) == nil)
        #expect(self.device.memory.warmUp.allowance(at: start + 1)?.day == 2)
    }

    @Test mutating func `463 with a lock that is known already only gives the message back`() {
        _ = self.device.react(to: .signal(.reachOutTimeLock(until: start + hour)), at: start)
        #expect(self.device.react(to: .refused(message(1), .reachOut(.unknown)), at: start) == [returned])
    }

    @Test mutating func `463 without a lock puts off this recipient only`() {
        let actions = self.device.react(to: .refused(message(1), .reachOut(.inactive)), at: start)
        #expect(actions == [.putOffRecipient(.phone("923001234561"), until: start + day)])
        #expect(self.device.closure(of: .cold, at: start) == nil)
    }

    @Test(arguments: [(0, false), (1, false), (2, true)])
    func `a recipient is put off twice, then the message fails`(times: Int, fails: Bool) {
        for knowledge in [TimeLockKnowledge.inactive, .unknown] {
            var device = self.device
            let actions = device.react(
                to: .refused(message(1, timesPutOff: times), .reachOut(knowledge)), at: start)
            let failure = SignalAction.failMessage(
                .recipientNotReachable, error: "The service refuses messages to this recipient (463)")
            #expect(actions.contains(failure) == fails)
        }
    }

    @Test mutating func `463 to somebody known is the recipient, whatever the lock says`() {
        let actions = self.device.react(
            to: .refused(message(1, lane: .known), .reachOut(.active(until: start + hour))), at: start)
        #expect(actions == [.putOffRecipient(.phone("923001234561"), until: start + day)])
    }

    @Test mutating func `three recipients within an hour are a lock`() throws {
        for number in 1...2 {
            _ = self.device.react(to: .refused(message(number), .reachOut(.inactive)), at: start + Double(number))
        }
        #expect(self.device.closure(of: .cold, at: start + 2) == nil)
        let now = start + 3
        let actions = self.device.react(to: .refused(message(3), .reachOut(.inactive)), at: now)
        #expect(
            actions == [
                .putOffRecipient(.phone("923001234563"), until: now + day), .stopCold(until: now + day),
                .queryTimeLock(at: now), .stopWarmUp,
                .alarm("the service has refused 3 recipients within an hour (463)"),
            ])
        try self.expectLocked(self.device, until: now + day, at: now)
    }

    @Test mutating func `the same recipient three times is none, nor are three in more than an hour`() {
        for _ in 0..<3 { _ = self.device.react(to: .refused(message(1), .reachOut(.inactive)), at: start) }
        #expect(self.device.closure(of: .cold, at: start) == nil)
        for number in 2...9 {
            let now = start + Double(number) * 1801
            _ = self.device.react(to: .refused(message(number), .reachOut(.inactive)), at: now)
            #expect(self.device.closure(of: .cold, at: now)?.reason != .timeLock)
        }
    }

    @Test mutating func `three recipients weigh more than an answer that says no lock, for an hour`() {
        for number in 1...3 {
            _ = self.device.react(to: .refused(message(number), .reachOut(.inactive)), at: start)
        }
        let early = self.device.react(to: .signal(.reachOutTimeLockLifted), at: start + 60)
        #expect(early == [.queryTimeLock(at: start + hour)])
        #expect(self.device.closure(of: .cold, at: start + 60)?.reason == .timeLock)
        let late = self.device.react(to: .signal(.reachOutTimeLockLifted), at: start + hour)
        #expect(late == [.resumeCold, .restartWarmUp])
        #expect(self.device.closure(of: .cold, at: start + hour) == nil)
    }

    @Test mutating func `three recipients who were asked about one after the other are a lock too`() {
        var actions: [SignalAction] = []
        for number in 1...3 {
            _ = self.device.react(to: .refused(message(number), .reachOut(.unknown)), at: start)
            actions = self.device.react(to: .signal(.reachOutTimeLockLifted), at: start)
        }
        #expect(actions.contains(.stopCold(until: start + day)))
        #expect(self.device.closure(of: .cold, at: start)?.reason == .timeLock)
    }
}
