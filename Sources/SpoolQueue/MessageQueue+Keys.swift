import COpenSSL
public import Foundation
import GRDB
public import SpoolCore

/// An API key as lists show it: never the key itself, which is stored only as its SHA-256.
public struct APIKey: Equatable, Sendable {
    public var id: Int64
    public var name: String
    /// Whose messages it sees; `nil` for an admin's key, which sees all.
    public var user: UserName?
    public var createdAt: Date
    public var expiresAt: Date?
    public var revokedAt: Date?
}

/// What a valid key may see.
public enum KeyScope: Equatable, Sendable {
    case admin
    case user(UserName)
}

extension MessageQueue {
    /// Makes a key of 256 random bits; the only moment its text is known.
    public func addKey(
        name: String, user: UserName?, expiresAt: Date?, now: Date
    ) async throws(QueueError) -> (id: Int64, key: String) {
        var random = [UInt8](repeating: 0, count: 32)
        guard RAND_bytes(&random, 32) == 1 else {
            throw .database(code: 1, detail: "the system's random number generator gave no key")
        }
        let key = "spk_" + random.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let id = try await self.write { db in
            let owner = try user.map { try Self.userID($0, db) }
            try db.execute(
                sql: "INSERT INTO apiKey (name, userId, digest, createdAt, expiresAt) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    name, owner, Data(KeyDigest.of(key)), now.milliseconds, expiresAt?.milliseconds,
                ])
            return db.lastInsertedRowID
        }
        return (id, key)
    }

    /// Ends a key at once. `false` when there is no such key or it had ended before.
    public func revokeKey(_ id: Int64, now: Date) async throws(QueueError) -> Bool {
        try await self.write { db in
            try db.execute(
                sql: "UPDATE apiKey SET revokedAt = ? WHERE id = ? AND revokedAt IS NULL",
                arguments: [now.milliseconds, id])
            return db.changesCount == 1
        }
    }
}

/// SHA-256 of an API key's text: what is stored and compared.
enum KeyDigest {
    static func of(_ key: String) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let bytes = Array(key.utf8)
        SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// Compares without telling by its time where the two differ.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
