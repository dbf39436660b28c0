public import Foundation
import GRDB
public import SpoolCore

/// Several operations on the queue as one: all of them are stored, or, when one throws, none.
///
/// Each does what the operation of the same name of `MessageQueue` does. Lives inside `MessageQueue.transaction`.
public struct QueueTransaction {
    let db: Database

    public func claim(
        upTo limit: Int, for device: DeviceID, order: [Priority], lanes: Set<Lane>, takesUnowned: Bool, lease: Duration,
        now: Date, makeWireID: @escaping @Sendable () -> WireMessageID,
        decide: @escaping @Sendable (Candidate) -> Verdict
    ) throws -> Claim {
        try MessageQueue.claim(upTo: limit, for: device, self.db) {
            try ClaimRun(
                device: device, order: order, lanes: lanes, takesUnowned: takesUnowned, lease: lease, now: now,
                effort: ClaimRun.usualEffort + 4 * limit, makeWireID: makeWireID, decide: decide, self.db)
        }
    }

    public func settle(_ attempts: [SettledAttempt], now: Date) throws {
        for attempt in attempts { try MessageQueue.settle(attempt, now, self.db) }
    }

    public func store(_ state: DeviceStateUpdate) throws {
        try MessageQueue.store(state, self.db)
    }

    public func recordReceipts(_ receipts: [Receipt], now: Date) throws {
        for receipt in receipts { try MessageQueue.record(receipt, now, self.db) }
    }

    public func recordInbound(from number: String, to device: DeviceID, at moment: Date, now: Date) throws {
        try MessageQueue.recordInbound(from: number, to: device, at: moment, now, self.db)
    }

    public func optOut(_ number: String, from device: DeviceID, now: Date) throws -> OptOut {
        try MessageQueue.optOut(number, from: device, now, self.db)
    }

    @discardableResult
    public func optIn(_ number: String, to device: DeviceID) throws -> Bool {
        try MessageQueue.optIn(number, to: device, self.db)
    }

    public func block(_ recipient: Recipient, until moment: Date) throws -> Int {
        try MessageQueue.block(recipient, until: moment, self.db)
    }
}

extension MessageQueue {
    /// Does what the body does as one transaction, on disk when this returns.
    public func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (QueueTransaction) throws -> Value
    ) async throws(QueueError) -> Value {
        try await self.write { db in try body(QueueTransaction(db: db)) }
    }

    /// The same on the calling thread, which it blocks: for a simulation, whose time is its own.
    public func transactionHere<Value>(_ body: (QueueTransaction) throws -> Value) throws(QueueError) -> Value {
        do {
            return try self.database.access.write { db in try body(QueueTransaction(db: db)) }
        } catch {
            throw QueueError(error)
        }
    }
}
