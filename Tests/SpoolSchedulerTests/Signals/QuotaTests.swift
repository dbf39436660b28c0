import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct QuotaTests {
    private var device = state(
        .free {
            $0.pacing.daily = 100
            $0.pacing.burst = 1000
        })
    private let cycleEnd = start + 10 * day

    private func quota(_ level: NewChatQuota.Level, total: Int? = nil, used: Int? = nil) -> SignalEvent {
        .signal(.newChatQuota(NewChatQuota(level: level, total: total, used: used, endsAt: self.cycleEnd)))
    }

    @Test(
        arguments: [
            (.firstWarning, 50, [.limitCold(share: 0.5, until: start + 10 * day), .stopWarmUp]),
            (
                .secondWarning, 10,
                [
                    .limitCold(share: 0.1, until: start + 10 * day), .stopWarmUp,
                    .alarm("the account's monthly number of new chats is nearly used up"),
                ]
            ),
        ] as [(NewChatQuota.Level, Int, [SignalAction])])
    func `a warning leaves a share of the day's strangers until the cycle ends`(
        level: NewChatQuota.Level, cap: Int, expected: [SignalAction]
    ) throws {
        var device = self.device
        #expect(device.react(to: self.quota(level), at: start) == expected)
        device = try device.restarted()
        #expect(device.admission(at: start) == .all(upTo: cap))
        for _ in 0..<cap { device.send(.cold, at: start) }
        #expect(device.admission(at: start) == .withoutCold(upTo: 100 - cap))
        guard case .quotaShare(cap, _)? = device.closure(of: .cold, at: start)?.reason else {
            Issue.record("another reason")
            return
        }
        let later = start + 10 * day
        #expect(device.admission(at: later) == .all(upTo: 100))
        #expect(device.react(to: self.quota(level), at: start).allSatisfy { $0 == expected[0] })
    }

    @Test mutating func `in a warm-up the share is of its allowance`() {
        self.device.policy.warmUp = true
        _ = self.device.react(to: self.quota(.firstWarning), at: start)
        #expect(self.device.admission(at: start) == .all(upTo: 10))
    }

    @Test mutating func `a quota that is used up stops strangers until the cycle ends`() throws {
        let actions = self.device.react(to: self.quota(.capped), at: start)
        #expect(
            actions == [
                .stopCold(until: self.cycleEnd), .stopWarmUp,
                .alarm("the account's monthly number of new chats is used up"),
            ])
        let device = try self.device.restarted()
        #expect(device.closure(of: .cold, at: start) == Closure(until: self.cycleEnd, .quotaUsedUp))
        #expect(device.closure(of: .known, at: start) == nil)
        #expect(device.closure(of: .cold, at: self.cycleEnd) == nil)
        #expect(self.device.react(to: self.quota(.capped), at: start + 1) == [.stopCold(until: self.cycleEnd)])
    }

    @Test mutating func `what the service's number leaves is a cap, counted on from its notice`() throws {
        _ = self.device.react(to: self.quota(.none, total: 20, used: 17), at: start)
        #expect(self.device.admission(at: start) == .all(upTo: 3))
        for _ in 0..<3 { self.device.send(.cold, at: start) }
        let device = try self.device.restarted()
        #expect(device.closure(of: .cold, at: start) == Closure(until: self.cycleEnd, .quotaLeft(used: 20, of: 20)))
        _ = self.device.react(to: self.quota(.none, total: 20, used: 12), at: start)
        #expect(self.device.admission(at: start) == .all(upTo: 8))
    }

    @Test mutating func `475 means that it is used up, and asks until when`() {
        let refused = RefusedMessage(recipient: .phone("923001234567"), lane: .cold)
        let actions = self.device.react(to: .refused(refused, .newChatCap), at: start)
        #expect(
            actions == [
                .returnMessage(reason: "NEW_CHAT_CAP: the account's number of new chats is used up"),
                .stopCold(until: start + day), .queryQuota(at: start), .stopWarmUp,
                .alarm("the account's monthly number of new chats is used up"),
            ])
        #expect(self.device.closure(of: .cold, at: start) == Closure(until: start + day, .quotaUsedUp))
        _ = self.device.react(to: self.quota(.capped), at: start)
        #expect(self.device.closure(of: .cold, at: start)?.until == self.cycleEnd)
    }

    @Test mutating func `475 in a known cycle lasts to its end`() {
        _ = self.device.react(to: self.quota(.firstWarning), at: start)
        let refused = RefusedMessage(recipient: .phone("923001234567"), lane: .cold)
        _ = self.device.react(to: .refused(refused, .newChatCap), at: start)
        #expect(self.device.closure(of: .cold, at: start)?.until == self.cycleEnd)
    }

    @Test mutating func `a notice without an end holds for a day`() {
        _ = self.device.react(to: .signal(.newChatQuota(NewChatQuota(level: .capped))), at: start)
        #expect(self.device.closure(of: .cold, at: start)?.until == start + day)
    }

    @Test mutating func `a notice that all is well ends the stop`() {
        _ = self.device.react(to: self.quota(.capped), at: start)
        #expect(self.device.react(to: self.quota(.none), at: start) == [])
        #expect(self.device.closure(of: .cold, at: start) == nil)
    }
}
