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
        }
    }

    /// The transport has followed.
    public func finishRenaming(_ renaming: DeviceRenaming) async throws(QueueError) {
        try await self.write { db in try Self.forget(renaming, db) }
    }

    /// The transport will not follow: everything has the old name again.
    public func undoRenaming(_ renaming: DeviceRenaming) async throws(QueueError) {
        try await self.write { db in
            try Self.forget(renaming, db)
            try Self.rename(renaming.reversed, db)
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
        let names = known.map(\.rawValue)
        return try await self.failOrphans("NOT IN (\(names.map { _ in "?" }.joined(separator: ", ")))", names, now)
    }

    /// Fails what only this device may send, which is gone: pinned messages, and attempts it left uncertain.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failOrphans(of device: DeviceID, now: Date) async throws(QueueError) -> Int {
        try await self.failOrphans("= ?", [device.rawValue], now)
    }

    private func failOrphans(
        _ comparison: String, _ names: [String], _ now: Date
    ) async throws(QueueError) -> Int {
        try await self.write { db in
            // messageOfBatch, of open batches only; then messageProcessing
            let pinned = try Self.failOrphans(
                where: """
                    status = 'pending' AND batchId IN \(Self.openBatches) AND pin IS NOT NULL AND pin \(comparison)
                    """, names, now, db)
            let uncertain = try Self.failOrphans(
                where: "status = 'processing' AND uncertainAt IS NOT NULL AND device \(comparison)", names, now, db)
            return pinned + uncertain
        }
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
