public import WhatsAppClient

extension DeviceDatabase: DeviceRegistry {
    public func names() async throws(DeviceRegistryError) -> [String] {
        do { return try await self.deviceNames() } catch { throw DeviceRegistryError(error) }
    }

    public func add(
        _ device: LinkedDevice, named name: String
    ) async throws(DeviceRegistryError) -> any DeviceStore {
        do { return try await self.addDevice(device, named: name) } catch { throw DeviceRegistryError(error) }
    }

    public func store(of name: String) async throws(DeviceRegistryError) -> any DeviceStore {
        do { return try await self.store(ofDevice: name) } catch { throw DeviceRegistryError(error) }
    }

    public func rename(_ name: String, to newName: String) async throws(DeviceRegistryError) {
        do { try await self.renameDevice(name, to: newName) } catch { throw DeviceRegistryError(error) }
    }

    public func remove(_ name: String) async throws(DeviceRegistryError) {
        do { try await self.removeDevice(name) } catch { throw DeviceRegistryError(error) }
    }
}

extension DeviceRegistryError {
    fileprivate init(_ error: StoreError) {
        switch error {
        case .deviceExists(let name): self = .exists(name)
        case .noSuchDevice(let name): self = .unknown(name)
        case .foreignDatabase, .newerDatabase, .inUse, .keyMissing, .wrongKey, .notEncrypted, .invalidKey, .diskFull,
            .notWritable, .damaged, .database, .cryptoFailed:
            self = .failed(error.description)
        }
    }
}
