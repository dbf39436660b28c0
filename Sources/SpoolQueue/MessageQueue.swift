import GRDB
import SpoolCore

/// The durable queue: every statement that changes batches and messages, as named operations.
///
/// A method is one transaction, on disk when it returns (`synchronous=FULL`). A call that has begun runs to its end even
/// when its task is cancelled, so that an outcome is never half stored. Topics: `+Import` (rows become messages),
/// `+Claim`, `+Settle`, `+Receipts`, `+Rescue` (attempts without an answer), `+Cancel`, `+Devices`, `+Keys`.
public struct MessageQueue: Sendable {
    let database: QueueDatabase

    public init(_ database: QueueDatabase) {
        self.database = database
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(QueueError) -> Value {
        let access = self.database.access
        // A task of its own: GRDB gives up a cancelled task's transaction.
        let result = await Task { try await access.write(body) }.result
        do {
            return try result.get()
        } catch {
            throw QueueError(error)
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(QueueError) -> Value {
        do {
            return try await self.database.access.read(body)
        } catch {
            throw QueueError(error)
        }
    }

    static func userID(_ user: UserName, _ db: Database) throws -> Int64 {
        let id = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM user WHERE name = ?"), arguments: [user.rawValue])
        guard let id else { throw QueueError.noSuchUser(user) }
        return id
    }
}
