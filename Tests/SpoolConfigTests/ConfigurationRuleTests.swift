import SpoolScheduler
import Testing

@testable import SpoolConfig

@Suite struct ConfigurationRuleTests {
    @Test(arguments: [
        ("delay: {minimum: 4s}", ["scheduler.delay.minimum"]),
        ("delay: {minimum: 0, maximum: 19s}", ["scheduler.delay.minimum", "scheduler.delay.maximum"]),
        ("hourly: 101", ["scheduler.hourly"]), ("hourly: 0", ["scheduler.hourly"]),
        ("hourly: null", ["scheduler.hourly"]), ("daily: 1001", ["scheduler.daily"]), ("daily: 0", ["scheduler.daily"]),
        ("rest: {after: 31}", ["scheduler.rest.after"]), ("rest: {after: 0}", ["scheduler.rest.after"]),
        ("rest: {for: 299s}", ["scheduler.rest.for"]), ("rest: {for: 0}", ["scheduler.rest.for"]),
        ("cooldown: {failures: 4}", ["scheduler.cooldown.failures"]),
        ("cooldown: {failures: null}", ["scheduler.cooldown.failures"]),
        ("cooldown: {for: 1s}", ["scheduler.cooldown.for"]),
        ("cooldown: {maximum: 59m}", ["scheduler.cooldown.maximum"]),
        ("warmUp: false", ["scheduler.warmUp"]), ("spreading: false", ["scheduler.spreading"]),
        ("recipientGap: 59s", ["scheduler.recipientGap"]), ("recipientGap: 0", ["scheduler.recipientGap"]),
        ("repeatWindow: 23h", ["scheduler.repeatWindow"]), ("reconnectRamp: 0", ["scheduler.reconnectRamp"]),
        ("breaker: {window: 0}", ["scheduler.breaker.window"]),
        ("breaker: {leastDelivered: 39%, for: 29m}", ["scheduler.breaker.leastDelivered", "scheduler.breaker.for"]),
        ("badList: 31%", ["scheduler.badList"]), ("sameText: 21", ["scheduler.sameText"]),
        ("{profile: careful, coldDaily: 51}", ["scheduler.coldDaily"]),
        ("{profile: careful, badList: 11%}", ["scheduler.badList"]),
        (
            "{profile: careful, unanswered: {pause: 0, monthly: 4}}",
            [
                "scheduler.unanswered.pause", "scheduler.unanswered.monthly",
            ]
        ),
        (
            "{profile: careful, replyRatio: {warnBelow: 4%, holdBelow: 0}}",
            [
                "scheduler.replyRatio.warnBelow", "scheduler.replyRatio.holdBelow",
            ]
        ),
        ("{profile: careful, quietHours: '22:00-08:00'}", ["scheduler.quietHours"]),
        ("{profile: careful, quietHours: null}", ["scheduler.quietHours"]),
    ])
    func `each looser limit is refused by name until the risk is accepted`(line: String, keys: [String]) throws {
        let text = "scheduler:\n  \(line)\n"
        let directory = try ConfigurationDirectory(["spoold.yaml": text])
        let error = #expect(throws: ConfigurationError.self) { try directory.load() }
        #expect(error?.problems.map(\.key) == keys)
        for problem in error?.problems ?? [] {
            #expect(problem.origin == .file(path: directory.path + "/spoold.yaml", line: 2))
            #expect(problem.reason.contains("looser than the default"))
            #expect(problem.reason.contains("scheduler.acceptRisk: true"))
        }
        for permission in ["transport: dry-run\n", "whatsapp: {url: 'ws://127.0.0.1:1/'}\n"] {
            #expect(throws: Never.self) { try load(text + permission) }
        }
        #expect(throws: Never.self) { try load(text, environment: ["SPOOLD_SCHEDULER_ACCEPT_RISK": "true"]) }
        #expect(throws: Never.self) { try directory.load(ignoringRisk: true) }
        let dryRun = ConfigurationOverride(key: "transport", value: "dry-run", option: "--dry-run")
        #expect(throws: Never.self) { try directory.load(overrides: [dryRun]) }
    }

    @Test(arguments: [
        "delay: {minimum: 6s}", "delay: {minimum: 20s, maximum: 60s}", "hourly: 1", "daily: 1",
        "rest: {after: 1, for: 1h}",
        "cooldown: {failures: 1, for: 10m, maximum: null}", "recipientGap: 24h", "humanSimulation: false",
        "profile: careful", "onUncertain: fail", "coldDaily: 1000", "replyRatio: {warnBelow: 50%}",
        "profile: careful, quietHours: '20:00-09:00 mon tue'", "profile: careful, coldDaily: 1", "badList: 1%",
    ])
    func `tighter limits need no permission`(line: String) throws {
        #expect(throws: Never.self) { try load("scheduler: {\(line)}") }
    }

    @Test func `the careful profile has defaults of its own, which a key still overrides`() throws {
        let careful = try load("scheduler: {profile: careful, coldDaily: 30}").configuration.scheduler
        var expected = SchedulerPolicy(profile: .careful)
        expected.coldDaily = 30
        #expect(careful.policy == expected)
        #expect(try load("").configuration.scheduler.policy == SchedulerPolicy(profile: .standard))
    }

    @Test func `a variable with a looser limit is blamed itself`() throws {
        let found = try complaints(about: "", environment: ["SPOOLD_SCHEDULER_HOURLY": "500"])
        #expect(
            found == [
                "environment variable SPOOLD_SCHEDULER_HOURLY: scheduler.hourly: 500 is looser than the default 100,"
                    + " which may cost the account; set scheduler.acceptRisk: true if you accept that"
            ])
    }

    @Test(arguments: [
        ("scheduler: {delay: {minimum: 30s}}", "scheduler.delay.minimum: 30s is above scheduler.delay.maximum, 20s"),
        ("scheduler: {cooldown: {for: 2h}}", "scheduler.cooldown.for: 2h is above scheduler.cooldown.maximum, 1h"),
        ("retry: {maximum: 1s}", "retry.first: 5m is above retry.maximum, 1s"),
        (
            "whatsapp: {mediaScheme: http}",
            "whatsapp.mediaScheme: http is for a server on this machine only;"
                + " whatsapp.url is wss://web.whatsapp.com/ws/chat"
        ),
        (
            "{spool: {directory: /a/./b}, state: {directory: /a/b/}}",
            "state.directory: must not be the spool directory nor inside it, which others can write to"
        ),
        (
            "{spool: {directory: /a}, state: {directory: /a/b}}",
            "state.directory: must not be the spool directory nor inside it, which others can write to"
        ),
    ])
    func `values that contradict each other are refused`(text: String, expected: String) throws {
        #expect(try complaints(about: text) == ["$/spoold.yaml:1: \(expected)"])
    }

    @Test func `a name that only begins like the spool directory is beside it`() throws {
        #expect(throws: Never.self) { try load("{spool: {directory: /a}, state: {directory: /ab}}") }
    }

    @Test func `a refused value does not raise a second complaint through a rule`() throws {
        #expect(try complaints(about: "scheduler: {delay: {minimum: 30s, maximum: 60sec}}").count == 1)
        #expect(try complaints(about: "scheduler: {acceptRisk: maybe, hourly: 500}").count == 1)
    }
}
