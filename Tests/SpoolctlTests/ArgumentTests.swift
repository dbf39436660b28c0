import Foundation
import SpoolCore
import Testing

@testable import spoolctl

struct ArgumentTests {
    @Test(arguments: [
        "2026-02-30", "2026-13-01", "2026-00-01", "2026-01-00", "1969-12-31", "2026-1-1", "20260101", "2026-01-01 ",
        "-026-01-01", "٢٠٢٦-01-01", "2026/01/01", "",
    ])
    func `a day that does not exist is refused`(text: String) {
        #expect(CalendarDay(argument: text) == nil)
    }

    @Test func `a day has the length its zone gives it`() throws {
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        for (text, start, hours) in [
            ("2026-03-29", "2026-03-28T23:00:00.000Z", 23.0), ("2026-10-25", "2026-10-24T22:00:00.000Z", 25),
            ("2024-02-29", "2024-02-28T23:00:00.000Z", 24),
        ] {
            let day = try #require(CalendarDay(argument: text))
            #expect(day.description == text)
            #expect(RFC3339.text(day.start(in: zone)) == start)
            #expect(day.end(in: zone).timeIntervalSince(day.start(in: zone)) == hours * 3600)
        }
    }

    @Test func `a day whose midnight does not exist starts when the clock resumes`() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Beirut"))
        let day = try #require(CalendarDay(argument: "2024-03-31"))
        #expect(RFC3339.text(day.start(in: zone)) == "2024-03-30T22:00:00.000Z")
    }

    @Test func `a time to wait has a unit or means seconds`() {
        #expect(TimeSpan(argument: "90s")?.duration == .seconds(90))
        #expect(TimeSpan(argument: "90")?.duration == .seconds(90))
        #expect(TimeSpan(argument: "2h")?.duration == .seconds(7200))
        #expect(TimeSpan(argument: "0")?.duration == .zero)
        for text in ["", "-1", "1.5s", "soon", "5 m", "99999999999999999999"] {
            #expect(TimeSpan(argument: text) == nil)
        }
    }

    @Test func `a key ends with its last day, or after its time`() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Karachi"))
        let day = try #require(KeyExpiry(argument: "2026-12-31"))
        #expect(RFC3339.text(try day.moment(now: CommandFixture.now, in: zone)) == "2026-12-31T19:00:00.000Z")
        let span = try #require(KeyExpiry(argument: "30d"))
        #expect(RFC3339.text(try span.moment(now: CommandFixture.now, in: zone)) == "2026-12-21T10:00:00.000Z")
        for text in ["30", "2026-02-30", "", "tomorrow"] { #expect(KeyExpiry(argument: text) == nil) }
    }

    @Test func `a key that has ended before it is made is wrong usage`() throws {
        let day = try #require(KeyExpiry(argument: "2026-11-20"))
        let failure = #expect(throws: CommandFailure.self) { try day.moment(now: CommandFixture.now, in: .gmt) }
        #expect(failure?.status == .usage)
        let today = try #require(KeyExpiry(argument: "2026-11-21"))
        #expect(RFC3339.text(try today.moment(now: CommandFixture.now, in: .gmt)) == "2026-11-22T00:00:00.000Z")
    }

    @Test func `a number is taken as people write it`() {
        for text in ["15550000001", "+1 555 000-0001", "001 (555) 000.0001"] {
            #expect(RecipientArgument(argument: text)?.address == "15550000001")
        }
        #expect(RecipientArgument(argument: "120363000000000000@g.us")?.address == "120363000000000000@g.us")
        for text in ["", "123", "1234567890123456", "15550000001x", "١٥٥٥٠٠٠٠٠٠١"] {
            #expect(RecipientArgument(argument: text) == nil)
        }
    }

    @Test func `one message or ALL can be cancelled`() {
        #expect(CancelTarget(argument: "12") == .message(12))
        #expect(CancelTarget(argument: "ALL") == .all)
        for text in ["all", "0", "-1", "1,2", "", "9223372036854775808"] {
            #expect(CancelTarget(argument: text) == nil)
        }
    }
}
