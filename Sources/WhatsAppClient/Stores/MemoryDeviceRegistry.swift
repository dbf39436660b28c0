/// Devices that live in memory.
public actor MemoryDeviceRegistry: DeviceRegistry {
    private var devices: [(name: String, store: MemoryDeviceStore)] = []

    public init() {}

    public func names() -> [String] { self.devices.map(\.name) }

    public func add(_ device: LinkedDevice, named name: String) throws(DeviceRegistryError) -> any DeviceStore {
        guard self.index(of: name) == nil else { throw .exists(name) }
        let store = MemoryDeviceStore(device)
        self.devices.append((name, store))
        return store
    }

    public func store(of name: String) throws(DeviceRegistryError) -> any DeviceStore {
        guard let index = self.index(of: name) else { throw .unknown(name) }
        return self.devices[index].store
    }

    public func rename(_ name: String, to newName: String) throws(DeviceRegistryError) {
        guard let index = self.index(of: name) else { throw .unknown(name) }
        guard [nil, index].contains(self.index(of: newName)) else { throw .exists(newName) }
        self.devices[index].name = newName
    }

    public func remove(_ name: String) throws(DeviceRegistryError) {
        guard let index = self.index(of: name) else { throw .unknown(name) }
        self.devices.remove(at: index)
    }

    private func index(of name: String) -> Int? { self.devices.firstIndex { $0.name == name } }
}
