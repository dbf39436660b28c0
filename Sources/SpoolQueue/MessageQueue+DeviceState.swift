import GRDB
public import SpoolCore

/// What a scheduler wants to find again about a device; opaque to the queue.
public struct DeviceStateUpdate: Equatable, Sendable {
    public var device: DeviceID
    public var state: [UInt8]

    public init(device: DeviceID, state: [UInt8]) {
        self.device = device
        self.state = state
    }
}

extension MessageQueue {
    public func store(_ state: DeviceStateUpdate) async throws(QueueError) {
        try await self.write { db in try Self.store(state, db) }
    }

    /// What was stored last; `nil` for a device that nothing is known of.
    public func deviceState(of device: DeviceID) async throws(QueueError) -> [UInt8]? {
        try await self.read { db in
            try db.prepared("SELECT state FROM deviceState WHERE device = ?").first([.text(device.rawValue)]) {
                $0.blob(0)
            }
        }
    }

    static func store(_ state: DeviceStateUpdate, _ db: Database) throws {
        try db.prepared(
            "INSERT INTO deviceState (device, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
        ).run([.text(state.device.rawValue), .blob(state.state)])
    }
}
