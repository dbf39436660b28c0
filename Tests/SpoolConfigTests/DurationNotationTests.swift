import SpoolConfig
import Testing

@Suite struct DurationNotationTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("20s", .seconds(20)), ("5m", .seconds(300)), ("24h", .seconds(86_400)),
        ("30d", .seconds(2_592_000)), ("0", .zero), ("0s", .zero), ("007s", .seconds(7)),
        ("36500d", .seconds(3_153_600_000)),
    ])
    func `a whole number and a unit is a duration`(text: String, expected: Duration) {
        #expect(DurationNotation.duration(text) == expected)
    }

    @Test(arguments: [
        "", "s", "5", "-5s", "+5s", "1.5h", "5 s", " 5s", "5s ", "5S", "5min", "5M", "1h30m", "٥s", "0\u{301}", "5s\0",
        "36501d", "3153600000001ms", "9223372036854775807d", "9223372036854775808s", "99999999999999999999999999s",
    ])
    func `anything else is refused, however large`(text: String) {
        #expect(DurationNotation.duration(text) == nil)
    }

    @Test(arguments: [
        ("500ms", "500ms"), ("1500ms", "1500ms"), ("2000ms", "2s"), ("60s", "60s"), ("120s", "2m"), ("4000s", "4000s"),
        ("3600s", "1h"), ("1d", "24h"), ("48h", "2d"), ("49h", "49h"), ("0", "0s"), ("36500d", "36500d"),
    ])
    func `what is written reads back as the same duration`(text: String, expected: String) throws {
        let duration = try #require(DurationNotation.duration(text))
        #expect(DurationNotation.text(duration) == expected)
        #expect(DurationNotation.duration(expected) == duration)
    }

    @Test func `durations that cannot be read are written as the nearest that can`() {
        #expect(DurationNotation.text(.seconds(-5)) == "0s")
        #expect(DurationNotation.text(.seconds(Int64.max)) == "36500d")
        #expect(DurationNotation.text(.microseconds(1900)) == "1ms")
    }
}
