import Foundation
import SpoolCore
import Testing

@testable import SpoolScheduler

/// `2026-03-29T00:30:00Z`
func utc(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name)) }

@Suite struct QuietHoursTests {
    private static let always = Set(Weekday.allCases)

    /// Hours, zone, now, next opening.
    @Test(arguments: [
        (QuietHours(), "UTC", "2026-01-14T20:59:59Z", "2026-01-14T20:59:59Z"),
        (QuietHours(), "UTC", "2026-01-14T21:00:00Z", "2026-01-15T08:00:00Z"),
        (QuietHours(), "UTC", "2026-01-15T07:59:59Z", "2026-01-15T08:00:00Z"),
        (QuietHours(), "UTC", "2026-01-15T08:00:00Z", "2026-01-15T08:00:00Z"),
        (QuietHours(), "Asia/Karachi", "2026-01-14T16:00:00Z", "2026-01-15T03:00:00Z"),
        (QuietHours(), "Asia/Kathmandu", "2026-01-14T16:00:00Z", "2026-01-15T02:15:00Z"),
        (QuietHours(from: 1 * 60, until: 6 * 60), "UTC", "2026-01-15T00:59:00Z", "2026-01-15T00:59:00Z"),
        (QuietHours(from: 1 * 60, until: 6 * 60), "UTC", "2026-01-15T01:00:00Z", "2026-01-15T06:00:00Z"),
        (QuietHours(from: 0, until: 0), "UTC", "2026-01-15T03:00:00Z", "2026-01-15T03:00:00Z"),
        // Summer time begins (02:00 to 03:00) and ends (03:00 to 02:00) in the night.
        (QuietHours(), "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
        (QuietHours(), "Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"),
        (QuietHours(), "America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"),
        // The window ends in the hour that is left out, or that comes twice.
        (QuietHours(from: 21 * 60, until: 150), "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"),
        (QuietHours(from: 21 * 60, until: 150), "Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T00:30:00Z"),
        // A Saturday, and Sundays are closed.
        (
            QuietHours(days: Self.always.subtracting([.sunday])), "UTC", "2026-01-17T21:00:00Z",
            "2026-01-19T08:00:00Z"
        ),
        (QuietHours(days: [.wednesday]), "UTC", "2026-01-15T12:00:00Z", "2026-01-21T08:00:00Z"),
        (
            QuietHours(from: 0, until: 0, days: Self.always.subtracting([.sunday])), "UTC", "2026-01-18T12:00:00Z",
            "2026-01-19T00:00:00Z"
        ),
    ])
    func `the next opening is the first moment that is not quiet`(
        hours: QuietHours, name: String, now: String, opening: String
    ) throws {
        #expect(try hours.nextOpening(from: utc(now), in: [zone(name)]) == utc(opening))
    }

    @Test func `in several zones it must be quiet in none`() throws {
        let zones = try ["America/New_York", "America/Los_Angeles"].map(zone)
        // 08:00 in Los Angeles is 11:00 in New York, where it ends at 21:00.
        #expect(
            try QuietHours().nextOpening(from: utc("2026-01-15T13:00:00Z"), in: zones) == utc("2026-01-15T16:00:00Z"))
        #expect(
            try QuietHours().nextOpening(from: utc("2026-01-16T01:59:59Z"), in: zones) == utc("2026-01-16T01:59:59Z"))
        #expect(
            try QuietHours().nextOpening(from: utc("2026-01-16T02:00:00Z"), in: zones) == utc("2026-01-16T16:00:00Z"))
    }

    @Test func `zones without a common opening have none, and days that are all closed neither`() throws {
        let zones = try ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"].map(zone)
        let narrow = QuietHours(from: 10 * 60, until: 8 * 60)
        #expect(try narrow.nextOpening(from: utc("2026-01-15T00:00:00Z"), in: zones) == nil)
        #expect(try QuietHours(days: []).nextOpening(from: utc("2026-01-15T00:00:00Z"), in: [zone("UTC")]) == nil)
    }

    @Test(arguments: ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago", "Asia/Gaza"])
    func `through a year every opening is open, and the second before it is quiet`(name: String) throws {
        let zone = try zone(name)
        let hours = QuietHours()
        var moment = try utc("2026-01-01T00:00:00Z")
        let end = moment + 370 * day
        var seen = 0
        while moment < end {
            let opening = try #require(hours.nextOpening(from: moment, in: [zone]))
            #expect(!hours.isQuiet(at: opening, in: zone))
            if opening > moment {
                #expect(hours.isQuiet(at: opening - 1, in: zone))
                #expect(hours.isQuiet(at: moment, in: zone))
                seen += 1
            }
            moment = max(opening, moment) + 5 * hour
        }
        #expect(seen > 300)
    }

    @Test func `wider hours cover narrower ones, and fewer days cover more`() {
        #expect(QuietHours().covers(QuietHours()))
        #expect(QuietHours(from: 20 * 60, until: 9 * 60).covers(QuietHours()))
        #expect(!QuietHours(from: 22 * 60).covers(QuietHours()))
        #expect(QuietHours(days: [.monday]).covers(QuietHours()))
        #expect(!QuietHours().covers(QuietHours(days: [.monday])))
        #expect(QuietHours().description == "21:00–08:00")
        #expect(QuietHours(days: [.tuesday, .monday]).description == "21:00–08:00, only mon tue")
    }
}
