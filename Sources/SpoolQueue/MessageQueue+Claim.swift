public import Foundation
import GRDB
public import SpoolCore

extension MessageQueue {
    /// Takes up to `limit` due messages for one device and leases them until `now + lease`.
    ///
    /// One transaction: two callers never receive the same message. A message gets its wire id at its first claim and
    /// keeps it; the id is on disk when this returns, so a rescued message is sent again under the same one. Within a
    /// priority users take turns, and so do a user's batches. Each candidate is put to `decide`, which is obeyed at once;
    /// one that has to wait may be asked about twice, the second time with the moments promised to others.
    ///
    /// What can be looked at in one call is bounded: `Claim.hasMore` says that the bound was reached.
    /// - Parameters:
    ///   - order: A priority that is not in it is left alone; one is asked when those before it have nothing.
    ///   - lanes: As seen from the device.
    ///   - takesUnowned: Also what no device owns yet; what is claimed of that is the device's from then on, and so is its
    ///     recipient.
    ///   - lease: Longer than the slowest send; at its end a restart treats the attempt as uncertain.
    public func claim(
        upTo limit: Int, for device: DeviceID, order: [Priority], lanes: Set<Lane>, takesUnowned: Bool, lease: Duration,
        now: Date, makeWireID: @escaping @Sendable () -> WireMessageID,
        decide: @escaping @Sendable (Candidate) -> Verdict
    ) async throws(QueueError) -> Claim {
        try await self.transaction { transaction in
            try transaction.claim(
                upTo: limit, for: device, order: order, lanes: lanes, takesUnowned: takesUnowned, lease: lease,
                now: now,
                makeWireID: makeWireID, decide: decide)
        }
    }

    /// The same without rules: whatever is due may leave.
    public func claim(
        upTo limit: Int, for device: DeviceID, lease: Duration, now: Date,
        makeWireID: @escaping @Sendable () -> WireMessageID
    ) async throws(QueueError) -> [ClaimedMessage] {
        try await self.write { db in
            try Self.claim(upTo: limit, for: device, db) {
                try ClaimRun(
                    device: device, order: Priority.allCases, lanes: Set(Lane.allCases), takesUnowned: true,
                    lease: lease, now: now, effort: .max, makeWireID: makeWireID, decide: { _ in .send }, db)
            }.messages
        }
    }

    static func claim(
        upTo limit: Int, for device: DeviceID, _ db: Database, _ makeRun: () throws -> ClaimRun
    ) throws -> Claim {
        var claim = Claim()
        guard limit > 0, try !Self.isStopped(device, db) else { return claim }
        var run = try makeRun()
        while claim.messages.count < limit, let next = try run.next() { claim.messages.append(next) }
        claim.others = run.others
        claim.hasMore = run.hasMore
        return claim
    }

    /// Whether a person has stopped all sending, or holds everything or this device.
    private static func isStopped(_ device: DeviceID, _ db: Database) throws -> Bool {
        try db.prepared(
            """
            SELECT EXISTS (SELECT 1 FROM hold WHERE scope = 'all' OR scope = 'device' AND name = ?)
                OR EXISTS (SELECT 1 FROM setting WHERE name = 'sending' AND value = 'stopped')
            """
        ).first([.text(device.rawValue)]) { $0.integer(0) == 1 } ?? false
    }

    /// When a message that waits for a moment becomes due for this device, or `nil` when none does. Tells of what claims
    /// have found to be waiting: ask behind one that found nothing and has no more.
    public func nextDue(for device: DeviceID, takesUnowned: Bool = true) async throws(QueueError) -> Date? {
        try await self.read { db in
            // lineAsleep, a seek for each owner
            let owners = takesUnowned ? [device.rawValue, ""] : [device.rawValue]
            let moments = try owners.compactMap { owner in
                try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT min(wakeAt) FROM line INDEXED BY lineAsleep
                        WHERE owner = ? AND wakeAt > 0 AND isHeld = 0
                        """,
                    arguments: [owner])
            }
            return moments.min().map { Date(milliseconds: $0) }
        }
    }

    /// When the next message that has to wait becomes due, or `nil` when none waits for a moment.
    public func nextDue(after now: Date) async throws(QueueError) -> Date? {
        try await self.read { db in
            // messageWaiting, messageExpiry and messageFailing, all partial
            let due = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(moment) FROM (
                        SELECT min(notBefore) AS moment FROM message
                        WHERE status = 'pending' AND notBefore > 0 AND notBefore > ?1
                        UNION ALL
                        SELECT min(expiresAt) FROM message
                        WHERE status = 'pending' AND expiresAt IS NOT NULL AND expiresAt > ?1
                        UNION ALL
                        SELECT min(failAt) FROM message
                        WHERE status = 'pending' AND failAt IS NOT NULL AND failAt > ?1)
                    """,
                arguments: [now.milliseconds])
            return due.map { Date(milliseconds: $0) }
        }
    }

    /// When attempts of this device began since `start`, oldest first; what the sliding caps count.
    public func sendTimes(of device: DeviceID, since start: Date) async throws(QueueError) -> [Date] {
        try await self.read { db in
            // attemptOfDevice
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT startedAt FROM attempt WHERE device = ? AND startedAt > ? AND outcome IS NOT 'returned'
                    ORDER BY startedAt
                    """,
                arguments: [device.rawValue, start.milliseconds]
            ).map { Date(milliseconds: $0) }
        }
    }
}
