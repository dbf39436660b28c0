public import Foundation
import GRDB
public import SpoolCore

extension QueueReader {
    /// Counts of the messages that became final in the period, of one user or of all.
    ///
    /// - Parameter days: The start of each day of the period in the configured zone, oldest first, and the end of the
    ///   last one; days may be 23 or 25 hours long.
    public func statistics(
        of user: UserName? = nil, days: [(date: String, start: Date)], until end: Date
    ) async throws(QueueError) -> StatisticsView {
        try await self.read { db in
            var byDate: [(date: String, counts: OutcomeCounts)] = []
            var period = OutcomeCounts()
            for (index, day) in days.enumerated() {
                let next = index + 1 < days.count ? days[index + 1].start : end
                let counts = try Self.outcomes(user, day.start, next, db)
                byDate.append((day.date, counts))
                period.sent += counts.sent
                period.failed += counts.failed
                period.cancelled += counts.cancelled
            }
            let byDevice = try Self.outcomesByDevice(user, days.first?.start ?? end, end, db)
            let totals = try Row.fetchOne(
                db,
                sql: """
                    SELECT coalesce(sum(sent), 0) AS sent,
                        coalesce(sum(CASE WHEN importedAt IS NOT NULL THEN pending + processing END), 0) AS inQueue
                    FROM batch b JOIN user u ON u.id = b.userId WHERE ?1 IS NULL OR u.name = ?1
                    """,
                arguments: [user?.rawValue])
            return StatisticsView(
                period: period, totalSent: totals?["sent"] ?? 0, inQueue: totals?["inQueue"] ?? 0, byDate: byDate,
                byDevice: byDevice)
        }
    }

    private static func outcomes(
        _ user: UserName?, _ start: Date, _ end: Date, _ db: Database
    ) throws -> OutcomeCounts {
        // messageFinished
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT m.status, count(*) AS count FROM message m INDEXED BY messageFinished JOIN user u ON u.id = m.userId
                WHERE m.finishedAt IS NOT NULL AND m.finishedAt >= ?2 AND m.finishedAt < ?3 AND (?1 IS NULL OR u.name = ?1)
                GROUP BY m.status
                """,
            arguments: [user?.rawValue, start.milliseconds, end.milliseconds])
        var counts = OutcomeCounts(rows)
        counts.failed +=
            try Int.fetchOne(
                db,
                sql: """
                    SELECT coalesce(sum(refused), 0) FROM batch b JOIN user u ON u.id = b.userId
                    WHERE coalesce(b.importedAt, b.rejectedAt) >= ?2 AND coalesce(b.importedAt, b.rejectedAt) < ?3
                    AND (?1 IS NULL OR u.name = ?1)
                    """,
                arguments: [user?.rawValue, start.milliseconds, end.milliseconds]) ?? 0
        return counts
    }

    private static func outcomesByDevice(
        _ user: UserName?, _ start: Date, _ end: Date, _ db: Database
    ) throws -> [(device: String, counts: OutcomeCounts)] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT m.device, m.status, count(*) AS count FROM message m INDEXED BY messageFinished
                JOIN user u ON u.id = m.userId
                WHERE m.finishedAt IS NOT NULL AND m.finishedAt >= ?2 AND m.finishedAt < ?3
                AND (?1 IS NULL OR u.name = ?1) AND m.device IS NOT NULL
                GROUP BY m.device, m.status
                """,
            arguments: [user?.rawValue, start.milliseconds, end.milliseconds])
        let byDevice = Dictionary(grouping: rows) { $0["device"] as String }
        return byDevice.keys.sorted().map { ($0, OutcomeCounts(byDevice[$0] ?? [])) }
    }
}

extension OutcomeCounts {
    fileprivate init(_ rows: [Row]) {
        for row in rows {
            let count: Int = row["count"]
            switch MessageState(rawValue: row["status"]) {
            case .sent: self.sent += count
            case .failed: self.failed += count
            case .cancelled: self.cancelled += count
            case .pending, .processing, .none: break
            }
        }
    }
}
