import Foundation
import SpoolCore
import SpoolQueue

extension ReadOnlyAPI {
    private static let defaultDays = 30
    private static let mostDays = 366

    /// Counts of a period, by day and by device.
    func statistics(_ parameters: QueryParameters, _ user: UserName?) async throws -> APIAnswer {
        let range = try self.period(in: parameters)
        let devices = try await self.state.devices()
        let view = try await self.reader.statistics(
            of: user, days: range.days.map { (date: $0.text, start: self.calendar.start(of: $0)) },
            until: self.calendar.start(of: range.last.adding(days: 1)))
        return self.success(
            [
                .init("startDate", .string(range.first.text)), .init("endDate", .string(range.last.text)),
                .init("totalDevices", .number(devices.count)),
                .init("connected", .number(devices.count { $0.isConnected })),
            ] + view.members)
    }

    /// The days that a request names, either end open; whole days of the configured zone.
    ///
    /// - Throws: `VALIDATION_ERROR` for what is no day, and for a range that ends before it starts.
    func days(in parameters: QueryParameters) throws(APIError) -> (first: CivilDate?, last: CivilDate?) {
        let first = try parameters.day("startDate")
        let last = try parameters.day("endDate")
        if let first, let last, first.daysSince1970 > last.daysSince1970 { throw Self.reversed }
        return (first, last)
    }

    /// The days of statistics: 30 that end today, or with the end that is given.
    private func period(in parameters: QueryParameters) throws(APIError) -> DayRange {
        let (first, last) = try self.days(in: parameters)
        let end = last ?? self.calendar.day(of: self.clock.now)
        let range = DayRange(first: first ?? end.adding(days: 1 - Self.defaultDays), last: end)
        guard range.count > 0 else { throw Self.reversed }
        guard range.count <= Self.mostDays else {
            throw .invalid("startDate", "startDate and endDate span \(range.count) days; the most is \(Self.mostDays)")
        }
        return range
    }

    private static let reversed = APIError.invalid("startDate", "startDate is after endDate")
}

extension QueryParameters {
    fileprivate func day(_ name: String) throws(APIError) -> CivilDate? {
        guard let text = self[name] else { return nil }
        guard let day = CivilDate(text: text) else {
            throw .invalid(name, "\(name) must be a day of the calendar, written YYYY-MM-DD")
        }
        return day
    }
}

extension StatisticsView {
    fileprivate var members: [JSONValue.Member] {
        self.period.members + [
            .init("totalSent", .number(self.totalSent)), .init("inQueue", .number(self.inQueue)),
            .init("byDate", .array(self.byDate.map { .object([.init("date", .string($0.date))] + $0.counts.members) })),
            .init(
                "byDevice",
                .array(self.byDevice.map { .object([.init("sessionId", .string($0.device))] + $0.counts.members) })),
        ]
    }
}

extension OutcomeCounts {
    fileprivate var members: [JSONValue.Member] {
        [
            .init("sent", .number(self.sent)), .init("failed", .number(self.failed)),
            .init("cancelled", .number(self.cancelled)),
        ]
    }
}
