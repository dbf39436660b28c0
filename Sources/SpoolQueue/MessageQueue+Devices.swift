public import Foundation
import GRDB
public import SpoolCore

/// A device's change of name, from its first step to its last.
public struct DeviceRenaming: Equatable, Sendable {
    public var from: DeviceID
    public var to: DeviceID

    public init(from: DeviceID, to: DeviceID) {
        self.from = from
        self.to = to
    }

    fileprivate var reversed: DeviceRenaming { DeviceRenaming(from: self.to, to: self.from) }
}

extension MessageQueue {
    /// Gives everything of a device to another name, and notes that the transport has to follow, in one transaction.
    ///
    /// Nothing of the device may be under way. Reads every message once: the names are in finished ones too.
    public func beginRenaming(_ renaming: DeviceRenaming) async throws(QueueError) {
        try await self.write { db in
            try db.execute(
                sql: "INSERT INTO deviceRenaming (fromName, toName) VALUES (?, ?)", arguments: renaming.arguments)
            try Self.rename(renaming, db)
            db.afterNextTransaction { [names = self.database.names] _ in names.began(renaming) }
        }
    }

    /// The devices go by the new name.
    public func finishRenaming(_ renaming: DeviceRenaming) async throws(QueueError) {
        try await self.write { db in
            try Self.forget(renaming, db)
            db.afterNextTransaction { [names = self.database.names] _ in names.ended(renaming) }
        }
    }

    /// The transport will not follow: everything has the old name again.
    public func undoRenaming(_ renaming: DeviceRenaming) async throws(QueueError) {
        try await self.write { db in
            try Self.forget(renaming, db)
            try Self.rename(renaming.reversed, db)
            db.afterNextTransaction { [names = self.database.names] _ in names.undid(renaming) }
        }
    }

    /// Renamings that a crash has cut off.
    public func unfinishedRenamings() async throws(QueueError) -> [DeviceRenaming] {
        try await self.read { db in
            try Row.fetchAll(db, sql: "SELECT fromName, toName FROM deviceRenaming ORDER BY fromName").map { row in
                DeviceRenaming(from: DeviceID(rawValue: row["fromName"]), to: DeviceID(rawValue: row["toName"]))
            }
        }
    }

    /// Fails what only devices outside `known` may send: pinned messages, and attempts they left uncertain.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failOrphans(known: Set<DeviceID>, now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            try Self.failOrphans(Self.outside(known.count), known.map(\.rawValue), now, db)
        }
    }

    /// Fails what only this device may send, which is gone: pinned messages, and attempts it left uncertain. Those of
    /// files that are still being imported fail at the end of their import.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failOrphans(of device: DeviceID, now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            db.afterNextTransaction { [names = self.database.names] _ in names.removed(device) }
            return try Self.failOrphans("= ?", [device.rawValue], now, db)
        }
    }

    /// Fails what only devices may send that were removed while the file was being imported.
    static func failOrphans(in batch: BatchID, known: some Collection<DeviceID>, _ now: Date, _ db: Database) throws {
        // messageDue: reads nothing of a batch without pinned messages
        _ = try Self.failOrphans(
            where: """
                batchId = \(batch.rawValue) AND pin > '' AND status = 'pending' AND heldAt IS NULL
                AND pin \(Self.outside(known.count))
                """, known.map(\.rawValue), now, db)
    }

    private static func failOrphans(
        _ comparison: String, _ names: [String], _ now: Date, _ db: Database
    ) throws -> Int {
        // messageOfBatch, of open batches only; then messageProcessing
        let pinned = try Self.failOrphans(
            where: """
                status = 'pending' AND batchId IN \(Self.openBatches) AND pin IS NOT NULL AND pin \(comparison)
                """, names, now, db)
        let uncertain = try Self.failOrphans(
            where: "status = 'processing' AND uncertainAt IS NOT NULL AND device \(comparison)", names, now, db)
        return pinned + uncertain
    }

    private static func outside(_ count: Int) -> String {
        "NOT IN (" + Array(repeating: "?", count: count).joined(separator: ", ") + ")"
    }

    private static func failOrphans(
        where condition: String, _ names: [String], _ now: Date, _ db: Database
    ) throws -> Int {
        try db.execute(
            sql: """
                UPDATE message SET status = 'failed', errorCode = 'DEVICE_LOST', finishedAt = ?, reason = NULL,
                    leaseUntil = NULL, isUncertain = isUncertain OR uncertainAt IS NOT NULL, uncertainAt = NULL,
                    error = 'Its device ' || coalesce(pin, device) || ' does not exist any more'
                WHERE \(condition)
                """,
            arguments: StatementArguments([now.milliseconds] + names))
        return db.changesCount
    }

    private static func rename(_ renaming: DeviceRenaming, _ db: Database) throws {
        let arguments: StatementArguments = ["from": renaming.from.rawValue, "to": renaming.to.rawValue]
        try db.execute(
            sql: """
                UPDATE message SET pin = CASE pin WHEN :from THEN :to ELSE pin END,
                    device = CASE device WHEN :from THEN :to ELSE device END
                WHERE pin = :from OR device = :from
                """,
            arguments: arguments)
        // attemptOfDevice
        try db.execute(sql: "UPDATE attempt SET device = :to WHERE device = :from", arguments: arguments)
    }

    private static func forget(_ renaming: DeviceRenaming, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM deviceRenaming WHERE fromName = ? AND toName = ?", arguments: renaming.arguments)
    }
}

extension DeviceRenaming {
    fileprivate var arguments: StatementArguments { [self.from.rawValue, self.to.rawValue] }
}
