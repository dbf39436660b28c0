import GRDB
public import WhatsAppClient

/// The store of one device in the database of all. Writes of all devices share commits.
public struct SQLiteDeviceStore: DeviceStore {
    private let database: DeviceDatabase
    private let id: Int64
    private let name: String

    init(_ database: DeviceDatabase, id: Int64, name: String) {
        self.database = database
        self.id = id
        self.name = name
    }

    /// See `DeviceStore.write`. Runs to its end even when the task is cancelled.
    /// - Throws: what `body` throws, or a `StoreError`: the database can still be read after that, and be written again
    ///   when the cause is gone.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws -> Value {
        try await self.database.writer.write { db in
            do {
                var state: any DeviceState = self.state(db)
                return try body(&state)
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY {
                throw StoreError.noSuchDevice(self.name)
            }
        }
    }

    /// See `DeviceStore.read`. Never waits for a writer.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeviceState) throws -> Value
    ) async throws -> Value {
        do {
            return try await self.database.access.readOnce { db in try body(self.state(db)) }
        } catch {
            throw StoreError.ofBody(error)
        }
    }

    private func state(_ db: Database) -> SQLiteDeviceState {
        SQLiteDeviceState(db: db, id: self.id, name: self.name, seal: self.database.seal)
    }
}
