import Foundation
import SpoolCore
import Testing

@testable import SpoolFiles

struct MomentParserTests {
    @Test(arguments: [
        ("2026-11-21T10:42:00Z", "2026-11-21T10:42:00.000Z"),
        ("2026-11-21t10:42:00z", "2026-11-21T10:42:00.000Z"),
        ("2026-11-21T10:42:00.1234Z", "2026-11-21T10:42:00.123Z"),
        ("2026-11-21T10:42:00+05:00", "2026-11-21T05:42:00.000Z"),
        ("2026-11-21 10:42-03:30", "2026-11-21T14:12:00.000Z"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"),
        ("2026-11-21 10:42", "2026-11-21T09:42:00.000Z"),
        ("2026-11-21T10:42:00", "2026-11-21T09:42:00.000Z"),
        ("2026-07-21T10:42:00", "2026-07-21T08:42:00.000Z"),
        ("2026-11-21", "2026-11-20T23:00:00.000Z"),
        ("2028-02-29", "2028-02-28T23:00:00.000Z"),
        // Clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
        ("2026-03-29 02:30", "2026-03-29T01:30:00.000Z"),
        ("2026-03-29 03:30", "2026-03-29T01:30:00.000Z"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00.000Z"),
    ])
    func `a moment is RFC 3339 or local time`(text: String, moment: String) throws {
        let parser = MomentParser(timeZone: try #require(TimeZone(identifier: "Europe/Berlin")))
        #expect(parser.date(from: text).map(RFC3339.text) == moment)
    }

    @Test(arguments: [
        "", "tomorrow", "2026-11-21T", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-21 24:00", "2026-11-21 10:60",
        "2026-11-21T10:42:61Z", "2026-11-21T10:42:00.Z", "2026-11-21T10:42:00+5", "2026-11-21T10:42:00Zx", "26-11-21",
        "21.11.2026", "2026-11-21x10:42", "0000-01-01", "1763721600", "2026-11-21T10:42:00+24:00", "٢٠٢٦-11-21",
    ])
    func `anything else is no moment`(text: String) {
        #expect(MomentParser(timeZone: .gmt).date(from: text) == nil)
    }

    @Test func `civil dates and day numbers are each other's inverse`() {
        for days in stride(from: -800_000, through: 800_000, by: 97) {
            #expect(CivilDate(daysSince1970: days).daysSince1970 == days)
        }
        #expect(CivilDate(daysSince1970: 0) == CivilDate(year: 1970, month: 1, day: 1))
        #expect(CivilDate(year: 2000, month: 2, day: 29).daysSince1970 == 11016)
    }
}
