import Foundation
import SpoolCore
@testable import SpoolHTTP
import Testing

struct DayCalendarTests {
    private func calendar(_ zone: String) throws -> DayCalendar {
        DayCalendar(timeZone: try #require(TimeZone(identifier: zone)))
    }

    @Test(arguments: [
        ("UTC", "2026-03-29", 24), ("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23), ("Australia/Lord_Howe", "2026-04-05", 24),
        ("Asia/Kolkata", "2026-10-25", 24),
        ("America/Havana", "2026-03-08", 23), ("America/Havana", "2026-11-01", 25),
        ("America/Sao_Paulo", "2018-11-04", 23), ("America/Sao_Paulo", "2018-02-17", 25),
    ])
    func `a day is as long as the zone's clocks make it`(zone: String, text: String, hours: Int) throws {
        let calendar = try self.calendar(zone)
        let day = try #require(CivilDate(text: text))
        let length = calendar.start(of: day.adding(days: 1)).timeIntervalSince(calendar.start(of: day))
        #expect(Int(length / 3600) == hours)
        #expect(calendar.day(of: calendar.start(of: day)) == day)
        #expect(calendar.day(of: calendar.start(of: day).addingTimeInterval(-0.001)) == day.adding(days: -1))
    }

    @Test func `a day begins at the zone's midnight`() throws {
        let day = try #require(CivilDate(text: "2026-11-21"))
        #expect(try RFC3339.text(self.calendar("Asia/Karachi").start(of: day)) == "2026-11-20T19:00:00.000Z")
        #expect(try RFC3339.text(self.calendar("America/New_York").start(of: day)) == "2026-11-21T05:00:00.000Z")
    }

    @Test func `a day that the zone left out has no length, and days never go back`() throws {
        let calendar = try self.calendar("Pacific/Apia")
        let starts = ["2011-12-29", "2011-12-30", "2011-12-31"].compactMap(CivilDate.init(text:)).map(
            calendar.start(of:))
        #expect(starts.count == 3)
        #expect(starts == starts.sorted())
        #expect(starts[2].timeIntervalSince(starts[0]) == 86_400)
    }

    @Test(arguments: ["2026-01-01", "2024-02-29", "2000-02-29", "1970-01-01", "9999-12-31"])
    func `a day of the calendar is read and written the same`(text: String) {
        #expect(CivilDate(text: text)?.text == text)
    }

    @Test(arguments: [
        "", "2026-02-29", "2100-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00", "2026-01-32",
        "1969-12-31",
        "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01T00", " 2026-01-1", "20２6-01-01", "+026-01-01",
    ])
    func `anything else is no day`(text: String) {
        #expect(CivilDate(text: text) == nil)
    }

    @Test func `a range has its first and its last day`() throws {
        let range = DayRange(
            first: try #require(CivilDate(text: "2026-02-27")), last: try #require(CivilDate(text: "2026-03-02")))
        #expect(range.count == 4)
        #expect(range.days.map(\.text) == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"])
    }
}
