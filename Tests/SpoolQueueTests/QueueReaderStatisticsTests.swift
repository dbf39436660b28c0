import Foundation
import SpoolCore
import Testing

@testable import SpoolQueue

@Suite struct QueueReaderStatisticsTests {
    private let test: TestQueue
    private let now = TestQueue.noon
    private let days: [(date: String, start: Date)]
    private let end = TestQueue.noon + .seconds(48 * 3600)

    init() throws {
        self.test = try TestQueue()
        // The second day has 23 hours, as where clocks go forward, the third 25.
        self.days = [
            ("2027-01-15", TestQueue.noon - .seconds(24 * 3600)), ("2027-01-16", TestQueue.noon),
            ("2027-01-17", TestQueue.noon + .seconds(23 * 3600)),
        ]
    }

    private func statistics(of user: UserName? = nil) async throws -> StatisticsView {
        try await self.test.reader.statistics(of: user, days: self.days, until: self.end)
    }

    @Test func `outcomes count on the day they became final`() async throws {
        try await self.test.add(9)
        for (seconds, settlement) in [
            (-24 * 3600 - 1, Settlement.sent(at: self.now)), (-24 * 3600, .sent(at: self.now)),
            (-1, .failed(.rejected, error: "No")), (0, .sent(at: self.now)), (23 * 3600 - 1, .sent(at: self.now)),
            (23 * 3600, .sent(at: self.now)), (48 * 3600 - 1, .failed(.rejected, error: "No")),
            (48 * 3600, .sent(at: self.now)),
        ] {
            try await self.test.process(settlement, now: self.now + .seconds(seconds))
        }
        _ = try await self.test.queue.cancel(.all, now: self.now)
        let found = try await self.statistics()
        let expected: [(date: String, counts: OutcomeCounts)] = [
            ("2027-01-15", OutcomeCounts(sent: 1, failed: 1)), ("2027-01-16", OutcomeCounts(sent: 2, cancelled: 1)),
            ("2027-01-17", OutcomeCounts(sent: 1, failed: 1)),
        ]
        #expect(found.byDate.elementsEqual(expected, by: ==))
        #expect(found.period == OutcomeCounts(sent: 4, failed: 2, cancelled: 1))
        #expect(found.totalSent == 6)
        #expect(found.inQueue == 0)
    }

    @Test func `refused rows count as failed on the day of their import`() async throws {
        let tomorrow = self.now + .seconds(23 * 3600)
        try await self.test.queue.finishImport(
            rows([request(1)]) + [badRow(2), badRow(3)], of: self.test.seed(1), isStrict: false, now: self.now)
        try await self.test.queue.finishImport([badRow(1)], of: self.test.seed(2), isStrict: false, now: tomorrow)
        try await self.test.queue.append([badRow(1)], to: self.test.seed(3), now: self.now)
        let found = try await self.statistics()
        #expect(found.byDate.map(\.counts.failed) == [0, 2, 1])
        #expect(found.period.failed == 3)
        #expect(found.inQueue == 1)
    }

    @Test func `a user's numbers are the user's own`() async throws {
        try await self.test.queue.addUser(.shop, now: self.now)
        try await self.test.add(3, as: 1)
        try await self.test.add([request(1, priority: .high), request(2, priority: .high)], as: 2, user: .shop)
        try await self.test.queue.finishImport(
            [badRow(1)], of: self.test.seed(3, user: .shop), isStrict: false, now: self.now)
        for _ in 1...3 { try await self.test.process(.sent(at: self.now)) }
        let shop = try await self.statistics(of: .shop)
        #expect((shop.period.sent, shop.period.failed, shop.totalSent, shop.inQueue) == (2, 1, 2, 0))
        let own = try await self.statistics(of: .default)
        #expect((own.period.sent, own.period.failed, own.totalSent, own.inQueue) == (1, 0, 1, 2))
        let all = try await self.statistics()
        #expect((all.period.sent, all.period.failed, all.totalSent, all.inQueue) == (3, 1, 3, 2))
    }

    @Test func `each device has its own numbers`() async throws {
        try await self.test.add(6)
        try await self.test.process(.sent(at: self.now))
        try await self.test.process(.sent(at: self.now), now: self.end)
        try await self.test.process(.failed(.rejected, error: "No"), for: .second)
        _ = try await self.test.claim(for: .second)
        _ = try await self.test.queue.cancel(.all, now: self.now)
        let expected: [(device: String, counts: OutcomeCounts)] = [
            ("dev1", OutcomeCounts(sent: 1)), ("dev2", OutcomeCounts(failed: 1)),
        ]
        #expect(try await self.statistics().byDevice.elementsEqual(expected, by: ==))
    }

    @Test func `no days give no counts`() async throws {
        try await self.test.add(1)
        try await self.test.process(.sent(at: self.now))
        let found = try await self.test.reader.statistics(days: [], until: self.end)
        #expect(found.period == OutcomeCounts())
        #expect(found.byDate.isEmpty && found.byDevice.isEmpty)
        #expect(found.totalSent == 1)
    }
}
