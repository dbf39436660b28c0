import Foundation
import GRDB

/// The one writer of a database. What is asked for while a commit is on its way to the disk shares the next one, so the
/// number of commits follows the disk and not the number of callers.
final class GroupWriter: @unchecked Sendable {
    /// The most bodies in a commit: it bounds how long the first waits for the last.
    static let groupLimit = 256

    private let database: any DatabaseWriter
    // Not an actor: it is drained on the database's queue. Thread sanitizer knows this lock, and not the one in the
    // Synchronization module.
    private let lock = NSLock()
    /// Guarded by `lock`.
    private var waiting: [WaitingWrite] = []

    init(_ database: any DatabaseWriter) {
        self.database = database
    }

    /// Runs `body` in a savepoint, and returns when the commit it is part of is on the disk. It runs to its end even when
    /// the caller's task is cancelled.
    /// - Throws: what `body` throws, after all it did was undone; else a `StoreError` when the commit failed, and then
    ///   nothing of it is stored.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.lock.withLock { self.waiting.append(WaitingWrite(body, continuation)) }
            // A turn for each: the first takes all that wait by then, and the others find none, or what came later.
            self.database.asyncWriteWithoutTransaction { self.commitWaiting($0) }
        }
    }

    /// How many bodies wait for a commit that has not begun.
    var waitingCount: Int { self.lock.withLock { self.waiting.count } }

    private func commitWaiting(_ db: Database) {
        let group = self.lock.withLock {
            let group = Array(self.waiting.prefix(Self.groupLimit))
            self.waiting.removeFirst(group.count)
            return group
        }
        guard !group.isEmpty else { return }
        var attempts: [WaitingWrite.Attempt] = []
        var failure: StoreError?
        do {
            try db.inTransaction(.immediate) {
                for write in group where db.isInsideTransaction { attempts.append(write.run(db)) }
                return .commit
            }
        } catch {
            // When a body's statement ended the whole transaction, its error says why.
            failure = StoreError(attempts.last?.transactionFailure ?? error)
        }
        for attempt in attempts { attempt.settle(failure) }
        guard let failure else { return }
        for write in group[attempts.count...] { write.fail(failure) }
    }
}

/// A body that waits for its commit, and who waits for it.
struct WaitingWrite: Sendable {
    struct Attempt {
        /// What SQLite said when it gave up the transaction, savepoints and all, within the body.
        let transactionFailure: DatabaseError?
        /// Tells the caller, who gets the body's outcome unless the commit failed.
        let settle: (StoreError?) -> Void
    }

    let run: @Sendable (Database) -> Attempt
    let fail: @Sendable (StoreError) -> Void

    init<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value, _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.fail = { continuation.resume(throwing: $0) }
        self.run = { db in
            let result = Result { try db.inSavepoint(body) }
            var transactionFailure: DatabaseError?
            if case .failure(let error as DatabaseError) = result, !db.isInsideTransaction {
                transactionFailure = error
            }
            return Attempt(transactionFailure: transactionFailure) { failure in
                switch result {
                case .success(let value):
                    continuation.resume(with: failure.map { .failure($0) } ?? .success(value))
                case .failure(let error): continuation.resume(throwing: StoreError.ofBody(error))
                }
            }
        }
    }
}

extension Database {
    /// The savepoint is undone when `body` throws, and only it.
    fileprivate func inSavepoint<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try self.inSavepoint {
            value = try body(self)
            return .commit
        }
        // It has a value when the savepoint has not thrown.
        guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return value
    }
}
