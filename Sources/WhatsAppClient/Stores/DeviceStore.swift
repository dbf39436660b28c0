/// What one linked device keeps. There is one writer at a time, and each act is a transaction.
public protocol DeviceStore: Sendable {
    /// Runs `body` in a transaction, and returns when what it changed is durable. When `body` throws, nothing it did
    /// has happened. Several bodies may share one commit, each in a savepoint of its own; each sees what those before
    /// it did.
    /// - Throws: what `body` throws; else why the commit failed, and then nothing has happened either.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws -> Value

    /// Runs `body` on one consistent state, which has everything that was written before the call. May run beside a
    /// writer.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any DeviceState) throws -> Value) async throws -> Value
}
