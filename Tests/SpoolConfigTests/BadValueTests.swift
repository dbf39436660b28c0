import Testing

@testable import SpoolConfig

@Suite struct BadValueTests {
    @Test(arguments: [
        ("spool: {settle: 5}", "spool.settle: expected a duration such as"),
        ("spool: {rescan: 0}", "spool.rescan: expected a duration above 0"),
        ("spool: {rescan: null}", "spool.rescan: expected a duration"),
        ("spool: {duplicateWindow: -1s}", "spool.duplicateWindow: expected a duration"),
        ("spool: {maximumRows: 1.5}", "spool.maximumRows: expected a whole number"),
        ("spool: {maximumRows: -1}", "spool.maximumRows: expected a whole number"),
        ("spool: {maximumRows: 1000000001}", "spool.maximumRows: expected a whole number"),
        ("spool: {maximumRows: 99999999999999999999}", "spool.maximumRows: expected a whole number"),
        ("spool: {maximumFile: 5 MB}", "spool.maximumFile: expected a size"),
        ("spool: {directory: null}", "spool.directory: expected a path, found null"),
        ("spool: {directory: ''}", "spool.directory: expected a path, found \"\""),
        ("spool: {directory: \"a\\0b\"}", "spool.directory: expected a path, found \"a\\u0000b\""),
        ("spool: {directory: [a]}", "spool.directory: expected a path, found a list"),
        ("spool: {directory: {a: b}}", "spool.directory: expected a path, found a section"),
        ("spool: {fallbackEncoding: 'a b'}", "spool.fallbackEncoding: expected the name of an encoding"),
        ("timeZone: Asia/Karachee", "timeZone: expected a time zone such as Asia/Karachi, found \"Asia/Karachee\""),
        ("defaultCountryCode: +92", "defaultCountryCode: expected 1–3 digits"),
        ("defaultCountryCode: 0", "defaultCountryCode: expected 1–3 digits"),
        ("transport: smtp", "transport: expected whatsapp or dry-run, found \"smtp\""),
        ("dryRun: {devices: []}", "dryRun.devices: expected at least one"),
        ("dryRun: {devices: [a, a]}", "dryRun.devices: expected at least one device name, each once"),
        ("dryRun: {devices: dev1}", "dryRun.devices: expected a list"),
        ("dryRun: {devices: [a, 'b c']}", "dryRun.devices[1]: expected a device's name"),
        ("dryRun: {answers: null}", "dryRun.answers: expected a list"),
        ("dryRun: {answers: [temporary]}", "dryRun.answers[0]: expected an answer"),
        ("dryRun: {answers: [{number: 9230, answer: temporary}]}", "dryRun.answers[0].number: expected 7–15 digits"),
        ("dryRun: {answers: [{answer: temporary}]}", "dryRun.answers[0]: give either number or prefix"),
        (
            "dryRun: {answers: [{number: 923001234567, prefix: 92, answer: temporary}]}",
            "dryRun.answers[0]: give either"
        ),
        ("dryRun: {answers: [{prefix: 92}]}", "dryRun.answers[0]: answer is missing"),
        ("dryRun: {answers: [{prefix: 92, answer: no}]}", "dryRun.answers[0].answer: expected one of temporary,"),
        ("dryRun: {answers: [{prefix: 92, answer: temporary, times: 0}]}", "dryRun.answers[0].times: expected"),
        (
            "dryRun: {answers: [{prefix: 92, answer: unknown, code: EXPIRED}]}",
            "dryRun.answers[0]: only answer: permanent"
        ),
        ("dryRun: {answers: [{prefix: 92, answer: permanent, code: NO}]}", "dryRun.answers[0].code: expected one of"),
        (
            "dryRun: {answers: [{prefix: 92, answr: temporary, answer: unknown}]}",
            "dryRun.answers[0].answr: unknown key; the nearest is answer"
        ),
        ("whatsapp: {url: https://a.example/}", "whatsapp.url: expected an address such as wss://"),
        ("whatsapp: {rootKey: abc}", "whatsapp.rootKey: expected 64 hexadecimal digits, or null"),
        ("whatsapp: {appVersion: v2}", "whatsapp.appVersion: expected 2–4 numbers"),
        ("whatsapp: {appVersion: 2..3}", "whatsapp.appVersion: expected 2–4 numbers"),
        ("scheduler: {warmUp: maybe}", "scheduler.warmUp: expected true or false, found \"maybe\""),
        ("scheduler: {badList: 101%}", "scheduler.badList: expected a share such as 5% or 0.05"),
        ("scheduler: {badList: 1e-1}", "scheduler.badList: expected a share such as"),
        ("scheduler: {breaker: {leastDelivered: null}}", "scheduler.breaker.leastDelivered: expected a share"),
        ("scheduler: {quietHours: '24:00-08:00'}", "scheduler.quietHours: expected quiet hours such as"),
        ("scheduler: {quietHours: '9:00-18:00'}", "scheduler.quietHours: expected quiet hours such as"),
        ("scheduler: {quietHours: '21:00-08:00 mon mon'}", "scheduler.quietHours: expected quiet hours such as"),
        ("scheduler: {quietHours: '21:00-08:00 funday'}", "scheduler.quietHours: expected quiet hours such as"),
        ("scheduler: {delay: 5s}", "scheduler.delay: is a section of keys, found \"5s\""),
        ("scheduler: {onUncertain: drop}", "scheduler.onUncertain: expected one of resend, hold, fail"),
        ("http: {listen: '8025'}", "http.listen: expected host:port"),
        ("http: {listen: null}", "http.listen: expected host:port"),
        ("retry: {first: 0}", "retry.first: expected a duration above 0"),
        ("alarm: {command: mail}", "alarm.command: expected a list of a program"),
        ("media: {allowNetworks: [10.0.0.1/8]}", "media.allowNetworks[0]: expected a network"),
        ("log: {level: loud}", "log.level: expected one of trace, debug, info, notice, warning, error, critical"),
    ])
    func `a bad value names file, line, key and what would be right`(line: String, expected: String) throws {
        let found = try complaints(about: "# first line\n\(line)\n")
        #expect(found.count == 1)
        #expect(try #require(found.first).hasPrefix("$/spoold.yaml:2: \(expected)"), "\(found)")
    }

    @Test(arguments: [
        ("hourly: 5", "hourly: unknown key; the nearest is scheduler.hourly"),
        ("schedular: {hourly: 5}", "schedular: unknown key; the nearest is scheduler"),
        ("http: {listn: 1}", "http.listn: unknown key; the nearest is http.listen"),
        ("scheduler: {rest: {four: 1s}}", "scheduler.rest.four: unknown key; the nearest is scheduler.rest.for"),
        ("scheduler.hourly: 5", "scheduler.hourly: unknown key; the nearest is scheduler.hourly"),
        (
            "scheduler: {delay.minimum: 9s}",
            "scheduler.delay.minimum: unknown key; the nearest is scheduler.delay.minimum"
        ),
        ("'': 5", ": unknown key; the nearest is "),
    ])
    func `an unknown key is reported with the nearest known one`(line: String, expected: String) throws {
        let found = try complaints(about: "# first line\n\(line)\n")
        #expect(found.count == 1)
        #expect(try #require(found.first).hasPrefix("$/spoold.yaml:2: \(expected)"), "\(found)")
    }

    @Test func `all problems of all sources are reported at once`() throws {
        let directory = try ConfigurationDirectory([
            "spoold.yaml": """
            spool:
              settle: soon
              setle: 1s
            dryRun:
              answers:
                - {number: "1", answer: temporary}
                - number: "923001234567"
                  answer: never
                  tims: 2
            """,
            "conf.d/a.yaml": "log:\n  level: 3\n",
            "conf.d/b.yaml": "- a\n",
        ])
        let found = directory.complaints(
            environment: ["SPOOLD_HTTP_LISTEN": "x", "SPOOLD_HTP_LISTEN": "127.0.0.1:1", "SPOOL_X": "1"],
            overrides: [.init(key: "state.directory", value: "", option: "--state")])
        #expect(
            found.map { String($0.prefix { $0 != "," }) } == [
                "$/spoold.yaml:2: spool.settle: expected a duration such as 500ms",
                "$/spoold.yaml:3: spool.setle: unknown key; the nearest is spool.settle",
                "$/spoold.yaml:6: dryRun.answers[0].number: expected 7–15 digits",
                "$/spoold.yaml:9: dryRun.answers[1].tims: unknown key; the nearest is times",
                "$/spoold.yaml:8: dryRun.answers[1].answer: expected one of temporary",
                "$/conf.d/a.yaml:2: log.level: expected one of trace",
                "$/conf.d/b.yaml:1: expected sections and keys",
                "environment variable SPOOLD_HTP_LISTEN: unknown variable; the nearest is SPOOLD_HTTP_LISTEN",
                "environment variable SPOOLD_HTTP_LISTEN: http.listen: expected host:port such as 127.0.0.1:8025"
                    + " or \"[::1]:8025\"",
                "option --state: state.directory: expected a path",
            ])
    }

    @Test func `a long or hostile value is quoted, cut and safe for a terminal`() throws {
        let found = try complaints(about: "timeZone: \"\\e[31m\(String(repeating: "x", count: 5000))\"\n")
        let complaint = try #require(found.first)
        #expect(complaint.contains("found \"\\u001B[31mxxx"))
        #expect(complaint.count < 200)
    }
}
