import SpoolCore
import Testing

@testable import spoolctl

struct OutlineTests {
    @Test func `plain values come first, lists of objects as tables below`() {
        let value: JSONValue = [
            "queueId": 7, "sentAt": "2026-11-21T10:42:00.000Z", "held": false, "ref": .null,
            "notices": ["a", "b\u{7}"],
            "attempts": [["number": 1, "outcome": "deferred"], ["number": 2, "outcome": .null, "code": "x"]],
            "limits": ["hourly": 100],
        ]
        #expect(
            Outline.lines(value) == [
                "queueId  7", "sentAt   2026-11-21 10:42:00Z", "held     no", "ref      -", "notices  a, b\\u{7}", "",
                "attempts:", "  number  outcome   code", "  1       deferred  -", "  2       -         x", "",
                "limits:",
                "  hourly  100",
            ])
    }

    @Test func `an empty list is a dash`() {
        #expect(Outline.lines(["devices": [], "state": [:]]) == ["devices  -", "state    {}"])
    }
}
