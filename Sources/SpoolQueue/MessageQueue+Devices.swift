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

    /// Fails what only devices outside `known` may send: pinned messages, and attempts they left uncertain. What had come
    /// to be theirs otherwise may be taken by any device again.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failOrphans(known: Set<DeviceID>, now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            let lost = try Self.owners(db).subtracting(known)
            return try lost.sorted().reduce(0) { try $0 + Self.lose($1, now, db) }
        }
    }

    /// Fails what only this device may send, which is gone: pinned messages, and attempts it left uncertain. Those of
    /// files that are still being imported fail at the end of their import. What else was the device's is nobody's, and
    /// what it knew of people is forgotten.
    ///
    /// - Returns: How many failed.
    @discardableResult
    public func failOrphans(of device: DeviceID, now: Date) async throws(QueueError) -> Int {
        try await self.write { db in
            db.afterNextTransaction { [names = self.database.names] _ in names.removed(device) }
            for table in ["contact", "deviceState"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE device = ?", arguments: [device.rawValue])
            }
            try db.execute(
                sql: "DELETE FROM hold WHERE scope = 'device' AND name = ?", arguments: [device.rawValue])
            return try Self.lose(device, now, db)
        }
    }

    /// Fails what only devices may send that were removed while the file was being imported, and gives back what else was
    /// theirs.
    static func failOrphans(in batch: BatchID, known: Set<DeviceID>, _ now: Date, _ db: Database) throws {
        let owners = try Self.owners("SELECT owner FROM line WHERE pending > 0 AND batchId = \(batch.rawValue)", db)
        for owner in owners.subtracting(known).sorted() {
            _ = try Self.failPinned(to: owner, where: "batchId = \(batch.rawValue)", now, db)
            try Self.disown(owner, where: "batchId = \(batch.rawValue)", db)
        }
    }

    /// The devices that something open belongs to.
    private static func owners(_ db: Database) throws -> Set<DeviceID> {
        // messageHeld, messageProcessing
        try Self.owners(
            """
            SELECT owner FROM line WHERE pending > 0
            UNION ALL SELECT owner FROM message WHERE status = 'pending' AND heldAt IS NOT NULL
                AND batchId IN \(Self.openBatches)
            UNION ALL SELECT device FROM message WHERE status = 'processing' AND uncertainAt IS NOT NULL
            """, db)
    }

    private static func owners(_ names: String, _ db: Database) throws -> Set<DeviceID> {
        Set(try String.fetchAll(db, sql: names).filter { !$0.isEmpty }.map { DeviceID(rawValue: $0) })
    }

    private static func lose(_ device: DeviceID, _ now: Date, _ db: Database) throws -> Int {
        let pinned = try Self.failPinned(to: device, where: "batchId IN \(Self.openBatches)", now, db)
        // messageProcessing
        let uncertain = try Self.failOrphans(
            where: "status = 'processing' AND uncertainAt IS NOT NULL AND device = ?", device, now, db)
        try Self.disown(device, where: "batchId IN \(Self.openBatches)", db)
        // messageProcessing; should they come back, they are nobody's too
        try db.execute(
            sql: """
                UPDATE message SET owner = '', lane = CASE WHEN number LIKE '%@g.us' THEN 1 ELSE 2 END
                WHERE status = 'processing' AND device = ? AND uncertainAt IS NULL AND pin IS NULL
                """, arguments: [device.rawValue])
        try db.execute(sql: "UPDATE recipient SET owner = '' WHERE owner = ?", arguments: [device.rawValue])
        return pinned + uncertain
    }

    private static func failPinned(
        to device: DeviceID, where batches: String, _ now: Date, _ db: Database
    ) throws -> Int {
        // messageHead, then messageHeld
        try ["heldAt IS NULL", "heldAt IS NOT NULL"].reduce(0) { count, held in
            try count
                + Self.failOrphans(
                    where: "status = 'pending' AND \(held) AND \(batches) AND owner = ? AND pin IS NOT NULL", device,
                    now,
                    db)
        }
    }

    private static func disown(_ device: DeviceID, where batches: String, _ db: Database) throws {
        for held in ["heldAt IS NULL", "heldAt IS NOT NULL"] {
            try db.execute(
                sql: """
                    UPDATE message SET owner = '', lane = CASE WHEN number LIKE '%@g.us' THEN 1 ELSE 2 END
                    WHERE status = 'pending' AND \(held) AND \(batches) AND owner = ? AND pin IS NULL
                    """, arguments: [device.rawValue])
        }
    }

    private static func failOrphans(
        where condition: String, _ device: DeviceID, _ now: Date, _ db: Database
    ) throws -> Int {
        try db.execute(
            sql: """
                UPDATE message SET status = 'failed', errorCode = 'DEVICE_LOST', finishedAt = ?, reason = NULL,
                    leaseUntil = NULL, isUncertain = isUncertain OR uncertainAt IS NOT NULL, uncertainAt = NULL,
                    error = 'Its device ' || coalesce(pin, device) || ' does not exist any more'
                WHERE \(condition)
                """,
            arguments: [now.milliseconds, device.rawValue])
        return db.changesCount
    }

    private static func rename(_ renaming: DeviceRenaming, _ db: Database) throws {
        let arguments: StatementArguments = ["from": renaming.from.rawValue, "to": renaming.to.rawValue]
        try db.execute(
            sql: """
                UPDATE message SET pin = CASE pin WHEN :from THEN :to ELSE pin END,
                    device = CASE device WHEN :from THEN :to ELSE device END,
                    owner = CASE owner WHEN :from THEN :to ELSE owner END
                WHERE pin = :from OR device = :from OR owner = :from
                """,
            arguments: arguments)
        for (table, column) in Self.deviceColumns {
            try db.execute(
                sql: "UPDATE OR REPLACE \(table) SET \(column) = :to WHERE \(column) = :from", arguments: arguments)
        }
        // attemptOfDevice
        try db.execute(sql: "UPDATE attempt SET device = :to WHERE device = :from", arguments: arguments)
    }

    /// Where else a device's name is.
    private static let deviceColumns = [
        ("recipient", "owner"), ("contact", "device"), ("deviceState", "device"), ("hold", "name"),
    ]

    private static func forget(_ renaming: DeviceRenaming, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM deviceRenaming WHERE fromName = ? AND toName = ?", arguments: renaming.arguments)
    }
}

extension DeviceRenaming {
    fileprivate var arguments: StatementArguments { [self.from.rawValue, self.to.rawValue] }
}
