/// A store that lives in memory.
public actor MemoryDeviceStore: DeviceStore {
    private var state: any DeviceState

    public init(_ device: LinkedDevice) {
        self.state = MemoryDeviceState(device)
    }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (inout any DeviceState) throws -> Value
    ) async throws -> Value {
        var state = self.state
        let value = try body(&state)
        self.state = state
        return value
    }

    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeviceState) throws -> Value
    ) async throws -> Value {
        try body(self.state)
    }
}
