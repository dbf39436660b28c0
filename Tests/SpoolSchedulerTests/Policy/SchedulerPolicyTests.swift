import SpoolCore
import Testing

@testable import SpoolScheduler

@Suite struct SchedulerPolicyTests {
    @Test(arguments: SchedulerPolicy.Profile.allCases)
    func `the defaults of a profile are not looser than themselves`(profile: SchedulerPolicy.Profile) {
        #expect(SchedulerPolicy(profile: profile).looserLimits == [])
    }

    @Test func `standard leaves off what careful adds`() {
        let standard = SchedulerPolicy()
        let careful = SchedulerPolicy(profile: .careful)
        #expect((standard.coldCap, careful.coldCap) == (nil, 50))
        #expect((standard.quietHours, careful.quietHours) == (nil, QuietHours()))
        #expect((standard.replyRatio, careful.replyRatio) == (.off, ReplyRatioPolicy(warnBelow: 0.05, holdBelow: 0.01)))
        #expect((standard.recipient.unansweredPause, careful.recipient.unansweredPause) == (nil, .seconds(86400)))
        #expect((standard.recipient.unansweredMonthly, careful.recipient.unansweredMonthly) == (nil, 3))
        #expect((standard.badList.share, careful.badList.share) == (0.3, 0.1))
        #expect((standard.sameText.holds, careful.sameText.holds) == (false, true))
        #expect(standard.pacing == careful.pacing)
        #expect(standard.warmUp && careful.warmUp)
    }

    @Test func `the careful cold cap never goes above 250`() {
        var policy = SchedulerPolicy(profile: .careful)
        policy.coldDaily = 1000
        #expect(policy.coldCap == 250)
        policy.coldDaily = 0
        #expect(policy.coldCap == nil)
        policy.profile = .standard
        policy.coldDaily = 1000
        #expect(policy.coldCap == 1000)
    }

    private typealias Change = @Sendable (inout SchedulerPolicy) -> Void

    private static let loosened: [(key: String, change: Change)] = [
        ("delay.minimum", { $0.pacing.minimumDelay = .seconds(4) }),
        ("delay.maximum", { $0.pacing.maximumDelay = .seconds(19) }),
        ("hourly", { $0.pacing.hourly = 101 }), ("hourly", { $0.pacing.hourly = nil }),
        ("daily", { $0.pacing.daily = 1001 }), ("daily", { $0.pacing.daily = 0 }),
        ("rest.after", { $0.pacing.restAfter = 31 }), ("rest.for", { $0.pacing.rest = .seconds(299) }),
        ("cooldown.failures", { $0.cooldown.failures = nil }), ("cooldown.for", { $0.cooldown.first = .zero }),
        ("cooldown.maximum", { $0.cooldown.maximum = .seconds(3599) }),
        ("spreading", { $0.spreading = false }), ("warmUp", { $0.warmUp = false }),
        ("coldDaily", { $0.coldDaily = 51 }), ("coldDaily", { $0.coldDaily = nil }),
        ("replyRatio.warnBelow", { $0.replyRatio.warnBelow = 0.04 }),
        ("replyRatio.holdBelow", { $0.replyRatio.holdBelow = nil }),
        ("breaker.window", { $0.breaker.window = nil }),
        ("breaker.leastDelivered", { $0.breaker.leastDelivered = 0.39 }),
        ("breaker.for", { $0.breaker.first = .seconds(60) }), ("reconnectRamp", { $0.reconnectRamp = .zero }),
        ("recipientGap", { $0.recipient.gap = .seconds(59) }),
        ("repeatWindow", { $0.recipient.repeatWindow = nil }),
        ("unanswered.pause", { $0.recipient.unansweredPause = nil }),
        ("unanswered.monthly", { $0.recipient.unansweredMonthly = 4 }),
        ("quietHours", { $0.quietHours = nil }), ("quietHours", { $0.quietHours?.until = 7 * 60 }),
        ("badList", { $0.badList.share = 0.2 }), ("badList", { $0.badList.share = nil }),
        ("sameText", { $0.sameText.most = 21 }),
    ]

    @Test(arguments: Self.loosened.indices)
    func `a limit above its default is named`(index: Int) {
        var policy = SchedulerPolicy(profile: .careful)
        Self.loosened[index].change(&policy)
        #expect(policy.looserLimits.map(\.key) == ["scheduler.\(Self.loosened[index].key)"])
    }

    @Test func `a looser limit says its value and the default`() {
        var policy = SchedulerPolicy()
        policy.pacing.hourly = 200
        policy.pacing.daily = nil
        #expect(
            policy.looserLimits == [
                LooserLimit(key: "scheduler.hourly", value: "200", standard: "100"),
                LooserLimit(key: "scheduler.daily", value: "off", standard: "1000"),
            ])
    }

    @Test func `every limit may be tightened`() {
        var policy = SchedulerPolicy()
        policy.pacing = PacingPolicy(
            minimumDelay: .seconds(60), maximumDelay: .seconds(90), hourly: 10, daily: 50, restAfter: 5,
            rest: .seconds(900))
        policy.cooldown = CooldownPolicy(failures: 1, first: .seconds(600), maximum: nil)
        policy.coldDaily = 5
        policy.quietHours = QuietHours()
        policy.badList.share = 0.05
        policy.sameText.most = 3
        #expect(policy.looserLimits == [])
    }
}
