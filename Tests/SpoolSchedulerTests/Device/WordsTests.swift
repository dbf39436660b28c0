import Foundation
import SpoolCore
import SpoolTestSupport
import Testing

@testable import SpoolScheduler

@Suite struct WordsTests {
    private let device = DeviceID(rawValue: "dev1")

    private static let reasons: [(WaitReason, String)] = [
        (.away, "the device was found offline"), (.delay, "pause between two messages"),
        (.reconnected, "slow start after a reconnect"),
        (.spreading(cap: 100, window: .hour), "spread over the hour: 100 messages an hour"),
        (.spreading(cap: 1000, window: .day), "spread over the day: 1000 messages a day"),
        (.rest(after: 30), "rest after a run of 30 messages"), (.hourlyCap(100), "hourly cap of 100 messages reached"),
        (.dailyCap(1000), "daily cap of 1000 messages reached"),
        (.cooldown(failures: 3), "cooldown after 3 temporary failures in a row"),
        (.paused(nil), "paused by a person"), (.paused("new SIM"), "paused by a person: new SIM"),
        (.halted("logged out"), "stopped until a person acts: logged out"),
        (.banned(code: 104), "the account is banned for a time (104)"),
        (.banned(code: nil), "the account is banned for a time"),
        (.warmUp(cap: 36, day: 2), "warm-up day 2: 36 new recipients a day"),
        (.coldCap(50), "cap of 50 strangers a day reached"),
        (.timeLock, "the service lets the account write to no new people (REACHOUT_TIMELOCK)"),
        (
            .quotaShare(cap: 10, level: "first warning"),
            "the service has warned of its new-chat quota (first warning): 10 a day"
        ),
        (.quotaLeft(used: 20, of: 20), "new-chat quota of the service used up: 20 of 20"),
        (.quotaUsedUp, "new-chat quota of the service used up"),
        (.breaker(delivered: 1, of: 8), "circuit breaker: only 1 of 8 strangers got the message"),
        (.probe, "circuit breaker: one message is out as a probe"),
        (.replyRatio(answered: 0, of: 100), "only 0 of the last 100 strangers answered"),
    ]

    @Test(arguments: Self.reasons.indices)
    func `every reason names its rule and its number`(index: Int) {
        #expect(Self.reasons[index].0.description == Self.reasons[index].1)
    }

    @Test func `a reason says on which device and when the next message may leave`() throws {
        let zone = try zone("Asia/Karachi")
        let now = try utc("2026-01-15T08:00:00Z")
        let closure = Closure(until: try utc("2026-01-15T09:32:00Z"), .hourlyCap(100))
        #expect(
            closure.words(on: self.device, at: now, in: zone)
                == "waiting: hourly cap of 100 messages reached on dev1, next slot 14:32")
        let tomorrow = Closure(until: try utc("2026-01-15T19:00:01Z"), .dailyCap(1000))
        #expect(
            tomorrow.words(on: self.device, at: now, in: zone)
                == "waiting: daily cap of 1000 messages reached on dev1, next slot 2026-01-16 00:00")
        #expect(
            Closure(until: .distantFuture, .paused("new SIM")).words(on: self.device, at: now, in: zone)
                == "waiting: paused by a person: new SIM on dev1; a person has to act: spoolctl device resume dev1")
    }

    @Test func `an explanation tells all that is in the way, the longest first`() {
        var device = state(
            .free {
                $0.pacing.hourly = 1
                $0.warmUp = true
            })
        _ = device.react(to: .signal(.reachOutTimeLock(until: start + day)), at: start)
        device.send(.cold, at: start)
        #expect(
            device.explanation(of: .cold, on: self.device, at: start, in: .gmt) == [
                "waiting: the service lets the account write to no new people (REACHOUT_TIMELOCK) on dev1, "
                    + "next slot 2023-11-15 22:13",
                "waiting: hourly cap of 1 messages reached on dev1, next slot 23:13",
            ])
        #expect(device.explanation(of: .reply, on: self.device, at: start, in: .gmt).count == 1)
    }

    @Test func `every limit is shown with what is used of it`() {
        var device = state(
            .free {
                $0.pacing.hourly = 2
                $0.pacing.daily = 10
                $0.warmUp = true
            })
        #expect(state(.free()).limits(at: start) == [])
        for _ in 0..<2 { device.send(.cold, at: start) }
        _ = device.react(
            to: .signal(.newChatQuota(NewChatQuota(level: .none, total: 9, used: 4, endsAt: start + day))), at: start)
        #expect(
            device.limits(at: start) == [
                DeviceLimit(kind: .hourly, limit: 2, used: 2, freeAt: start + 3600),
                DeviceLimit(kind: .daily, limit: 10, used: 2, freeAt: nil),
                DeviceLimit(
                    kind: .cold, limit: 20, used: 2, freeAt: nil, reason: "warm-up day 1: 20 new recipients a day"),
                DeviceLimit(kind: .newChats, limit: 9, used: 4, freeAt: nil),
            ])
    }
}
