import Testing

@testable import SpoolConfig

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("scheduler.hourli", "scheduler.hourly"), ("scheduler.recipient_gap", "scheduler.recipientGap"),
        ("scheduler.recipientgap", "scheduler.recipientGap"), ("hourly", "scheduler.hourly"),
        ("http.recipientGap", "scheduler.recipientGap"), ("timezone", "timeZone"), ("htp", "http"),
        ("spool.maxRows", "spool.maximumRows"), ("schedular", "scheduler"),
        ("scheduler.rest.four", "scheduler.rest.for"),
        ("scheduler.delay.min", "scheduler.delay.minimum"), ("scheduler.cooldown.max", "scheduler.cooldown.maximum"),
    ])
    func `a mistyped or misplaced key leads to the right one`(typed: String, meant: String) {
        let known = ConfigurationKey.all.map(\.name) + ConfigurationKey.sections
        #expect(NearestName.nearest(to: typed, in: known) == meant)
    }

    @Test(arguments: [("", "", 0), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "abc", 0)])
    func `the distance counts additions, removals and replacements`(left: String, right: String, expected: Int) {
        #expect(NearestName.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestName.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test func `without names there is no nearest, and a huge name costs little`() {
        #expect(NearestName.nearest(to: "a", in: []) == nil)
        #expect(NearestName.nearest(to: String(repeating: "x", count: 1_000_000), in: ["a", "b"]) == "a")
    }
}
