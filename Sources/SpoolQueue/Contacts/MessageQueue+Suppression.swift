public import Foundation
import GRDB
public import SpoolCore

/// A number that must not be written to.
public struct SuppressedNumber: Equatable, Sendable {
    public var user: UserName
    public var number: String
    public var addedAt: Date
    /// How it came onto the list: `reply`, or whatever the one who added it says.
    public var source: String
}

/// What an opt-out came to.
public struct OptOut: Equatable, Sendable {
    /// The users on whose lists the number is now.
    public var users: [Int64]
    public var cancelled: Int
}

extension MessageQueue {
    /// What a message says that was not sent because of the list.
    static let suppressedError = "The recipient does not want messages: the number is on the suppression list"

    /// Somebody who was written to from this device wants no more: onto the list of every user who wrote, and what is
    /// pending for them is cancelled, all at once. What is under way is cancelled if its attempt fails.
    ///
    /// Both forms of the number go onto the list, where it has two.
    public func optOut(_ number: String, from device: DeviceID, now: Date) async throws(QueueError) -> OptOut {
        try await self.transaction { try $0.optOut(number, from: device, now: now) }
    }

    static func optOut(_ number: String, from device: DeviceID, _ now: Date, _ db: Database) throws -> OptOut {
        let forms = NumberForms.of(number)
        let users = try Self.writers(to: forms, from: device, db)
        var cancelled = 0
        for form in forms {
            for user in users { cancelled += try Self.suppress(form, user, source: "reply", now, db) }
        }
        return OptOut(users: users, cancelled: cancelled)
    }

    /// The users who wrote to one of the numbers from the device.
    private static func writers(to numbers: [String], from device: DeviceID, _ db: Database) throws -> [Int64] {
        // messageText
        Set(
            try numbers.flatMap { number in
                try db.prepared(Self.writers).all([.text(number), .text(device.rawValue)]) { $0.integer(0) }
            }
        ).sorted()
    }

    /// Somebody wants messages again: off the list of every user who wrote from this device.
    /// - Returns: Whether it was on any.
    @discardableResult
    public func optIn(_ number: String, to device: DeviceID) async throws(QueueError) -> Bool {
        try await self.transaction { try $0.optIn(number, to: device) }
    }

    static func optIn(_ number: String, to device: DeviceID, _ db: Database) throws -> Bool {
        let forms = NumberForms.of(number)
        let statement = try db.prepared(Self.unlist)
        var removed = 0
        for user in try Self.writers(to: forms, from: device, db) {
            for form in forms { removed += try statement.run([.integer(user), .text(form)]) }
        }
        return removed > 0
    }

    /// Puts numbers onto a user's list and cancels what is pending for them; up to some thousands a call.
    /// - Returns: How many messages were cancelled.
    @discardableResult
    public func suppress(
        _ numbers: [String], of user: UserName, source: String, now: Date
    ) async throws(QueueError) -> Int {
        try await self.write { db in
            let id = try Self.userID(user, db)
            return try numbers.reduce(0) { try $0 + Self.suppress($1, id, source: source, now, db) }
        }
    }

    /// Takes numbers off a user's list.
    /// - Returns: How many were on it.
    @discardableResult
    public func unsuppress(_ numbers: [String], of user: UserName) async throws(QueueError) -> Int {
        try await self.write { db in
            let id = try Self.userID(user, db)
            let statement = try db.prepared(Self.unlist)
            return try numbers.reduce(0) { try $0 + statement.run([.integer(id), .text($1)]) }
        }
    }

    private static func suppress(
        _ number: String, _ user: Int64, source: String, _ now: Date, _ db: Database
    ) throws -> Int {
        try db.prepared(Self.list).run([
            .integer(user), .text(number), .integer(now.milliseconds), .text(source),
        ])
        try db.prepared(Self.askToCancel).run([.integer(user), .text(number), .integer(now.milliseconds)])
        return try db.prepared(Self.cancelPending).run([
            .integer(user), .text(number), .integer(now.milliseconds), .text(Self.suppressedError),
        ])
    }

    private static let writers = """
        SELECT DISTINCT userId FROM message INDEXED BY messageText
        WHERE number = ?1 AND firstAttemptAt IS NOT NULL AND device = ?2
        """
    private static let list = """
        INSERT INTO suppression (userId, number, addedAt, source) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
        """
    private static let unlist = "DELETE FROM suppression WHERE userId = ? AND number = ?"
    /// messageText: what is under way has been attempted.
    private static let askToCancel = """
        UPDATE message INDEXED BY messageText SET cancelRequestedAt = ?3
        WHERE number = ?2 AND firstAttemptAt IS NOT NULL AND userId = ?1 AND status = 'processing'
        """
    private static let cancelPending = """
        UPDATE message INDEXED BY messageOfNumber SET status = 'cancelled', finishedAt = ?3, reason = NULL,
            errorCode = 'SUPPRESSED', error = ?4
        WHERE number = ?2 AND status = 'pending' AND userId = ?1
        """
}

extension QueueReader {
    /// The list of one user, or of all, in the order of the numbers, at most `limit` behind `number`.
    public func suppressions(
        of user: UserName? = nil, after cursor: SuppressedNumber? = nil, limit: Int
    ) async throws(QueueError) -> [SuppressedNumber] {
        try await self.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT u.name, s.number, s.addedAt, s.source FROM user u JOIN suppression s ON s.userId = u.id
                    WHERE (?1 IS NULL OR u.name = ?1) AND (?2 IS NULL OR (u.id, s.number) > (
                        (SELECT id FROM user WHERE name = ?2), ?3))
                    ORDER BY u.id, s.number LIMIT ?4
                    """,
                arguments: [user?.rawValue, cursor?.user.rawValue, cursor?.number, limit]
            ).map { row in
                SuppressedNumber(
                    user: UserName(rawValue: row["name"]) ?? .default, number: row["number"],
                    addedAt: Date(milliseconds: row["addedAt"]), source: row["source"])
            }
        }
    }
}
